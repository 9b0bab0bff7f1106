"""OpenShift's projects, and its reviews of access; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META

PROJECT = read(
    "com.github.openshift.api.project.v1",
    """
ProjectSpec
  finalizers [text] atomic
ProjectCondition
  type! text
  status! text
  lastTransitionTime time
  reason text
  message text
ProjectStatus
  phase text
  conditions [ProjectCondition] by:type
kind Project: A namespace as those see it who may use it.
  spec ProjectSpec
  status ProjectStatus
kind ProjectRequest: Asks for a new project, whose administrator the caller becomes.
  displayName text                               # What people read.
  description text                               # What it is for.
""",
    META,
)
"""By name."""

_ACTION = """
  namespace text
  verb! text                                     # What is to be done: get, list, create, …
  resourceAPIGroup text
  resourceAPIVersion text
  resource! text                                 # What it is to be done to; a part of it behind a slash.
  resourceName text
  path text
  isNonResourceURL bool                          # The question is about the path.
  content any
"""

REVIEWS = read(
    "com.github.openshift.api.authorization.v1",
    f"""
kind ResourceAccessReview: Who may do this, everywhere?{_ACTION}
kind LocalResourceAccessReview: Who may do this, in this namespace?{_ACTION}
kind SubjectAccessReview: May they do this?{_ACTION}
  user text
  groups [text] atomic
  scopes [text] atomic
kind LocalSubjectAccessReview: May they do this, in this namespace?{_ACTION}
  user text
  groups [text] atomic
  scopes [text] atomic
SelfSubjectRulesReviewSpec
  scopes [text] atomic
SubjectRulesReviewSpec
  user text
  groups [text] atomic
  scopes [text] atomic
SubjectRulesReviewStatus open: Fields that are kept as they are sent.
kind SelfSubjectRulesReview: What may I do in this namespace?
  spec SelfSubjectRulesReviewSpec
  status SubjectRulesReviewStatus
kind SubjectRulesReview: What may they do in this namespace?
  spec SubjectRulesReviewSpec
  status SubjectRulesReviewStatus
""",
    META,
)
"""By name."""
