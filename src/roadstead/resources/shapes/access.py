"""Who may do what, and who is asking: rbac, authorization and authentication; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META

RBAC = read(
    "io.k8s.api.rbac.v1",
    """
PolicyRule: Some verbs on some resources, or on some paths.
  verbs! [text] atomic                           # get, list, watch, create, update, patch, delete, …, or *.
  apiGroups [text] atomic                        # "" is the core group.
  resources [text] atomic                        # For example imagestreams, imagestreams/layers, or *.
  resourceNames [text] atomic                    # Only objects of these names.
  nonResourceURLs [text] atomic                  # Paths, for cluster roles.
AggregationRule
  clusterRoleSelectors [LabelSelector] atomic    # Roles with these labels are part of this one.
RoleRef atomic
  apiGroup! text
  kind! text one:Role|ClusterRole
  name! text
Subject atomic: A user, a group, or a service account.
  kind! text one:User|Group|ServiceAccount
  apiGroup text
  name! text
  namespace text                                 # For service accounts.
kind Role: What may be done in one namespace.
  rules! [PolicyRule] atomic
kind ClusterRole: What may be done everywhere, or wherever it is bound.
  rules! [PolicyRule] atomic
  aggregationRule AggregationRule
kind RoleBinding: Gives a role to some subjects, in one namespace.
  subjects [Subject] atomic
  roleRef! RoleRef                               # The role; cannot change.
kind ClusterRoleBinding: Gives a cluster role to some subjects, everywhere.
  subjects [Subject] atomic
  roleRef! RoleRef                               # The role; cannot change.
""",
    META,
)
"""By name."""

_ATTRIBUTES = """
FieldSelectorAttributes open: Fields that are kept as they are sent.
LabelSelectorAttributes open: Fields that are kept as they are sent.
ResourceAttributes: An action on a resource.
  namespace text
  verb text
  group text
  version text
  resource text
  subresource text
  name text
  fieldSelector FieldSelectorAttributes
  labelSelector LabelSelectorAttributes
NonResourceAttributes: An action on a path.
  path text
  verb text
SubjectAccessReviewStatus
  allowed! bool
  denied bool
  reason text                                    # The binding that allows it, or what is missing.
  evaluationError text
SubjectAccessReviewSpec
  resourceAttributes ResourceAttributes
  nonResourceAttributes NonResourceAttributes
  user text
  groups [text] atomic
  extra {[text]}
  uid text
"""

AUTHORIZATION = read(
    "io.k8s.api.authorization.v1",
    _ATTRIBUTES
    + """
kind SubjectAccessReview: May they?
  spec! SubjectAccessReviewSpec
  status SubjectAccessReviewStatus
kind LocalSubjectAccessReview: May they, in this namespace?
  spec! SubjectAccessReviewSpec
  status SubjectAccessReviewStatus
SelfSubjectAccessReviewSpec
  resourceAttributes ResourceAttributes
  nonResourceAttributes NonResourceAttributes
kind SelfSubjectAccessReview: May I?
  spec! SelfSubjectAccessReviewSpec
  status SubjectAccessReviewStatus
SelfSubjectRulesReviewSpec
  namespace text
ResourceRule
  verbs! [text] atomic
  apiGroups [text] atomic
  resources [text] atomic
  resourceNames [text] atomic
NonResourceRule
  verbs! [text] atomic
  nonResourceURLs [text] atomic
SubjectRulesReviewStatus
  resourceRules! [ResourceRule] atomic
  nonResourceRules! [NonResourceRule] atomic
  incomplete! bool
  evaluationError text
kind SelfSubjectRulesReview: What may I do in a namespace?
  spec! SelfSubjectRulesReviewSpec
  status SubjectRulesReviewStatus
""",
    META,
)
"""By name."""

AUTHENTICATION = read(
    "io.k8s.api.authentication.v1",
    """
UserInfo
  username text
  uid text
  groups [text] atomic
  extra {[text]}
TokenReviewSpec
  token text
  audiences [text] atomic
TokenReviewStatus
  authenticated bool
  user UserInfo
  audiences [text] atomic
  error text
kind TokenReview: Whose token is this?
  spec! TokenReviewSpec
  status TokenReviewStatus
SelfSubjectReviewStatus
  userInfo UserInfo
kind SelfSubjectReview: Who am I?
  status SelfSubjectReviewStatus
BoundObjectReference
  kind text
  apiVersion text
  name text
  uid text
TokenRequestSpec
  audiences [text] atomic                        # Whom the token is for.
  expirationSeconds int                          # How long it is good for.
  boundObjectRef BoundObjectReference            # It ends with this object.
TokenRequestStatus
  token! text
  expirationTimestamp! time
kind TokenRequest: Asks for a token of a service account.
  spec! TokenRequestSpec
  status TokenRequestStatus
""",
    META,
)
"""By name."""
