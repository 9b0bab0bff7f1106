"""OpenShift's projects, users, identities, groups and OAuth kinds; no I/O."""

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

USER = read(
    "com.github.openshift.api.user.v1",
    """
kind User: A person who has logged in, or was made by an administrator.
  fullName text                                  # What people read.
  identities [text] atomic                       # How the person logs in: provider:name.
  groups! [text] atomic                          # Only groups told by the identity provider.
kind Identity: A person as an identity provider knows them.
  providerName! text                             # The provider.
  providerUserName! text                         # The name there; unique there.
  user! ObjectReference                          # The user it belongs to.
  extra {text}                                   # What else the provider told.
kind UserIdentityMapping: Ties an identity to a user.
  identity ObjectReference
  user ObjectReference
kind Group: Some users together, for bindings.
  users! [text] atomic                           # Their names.
""",
    META,
)
"""By name."""

OAUTH = read(
    "com.github.openshift.api.oauth.v1",
    """
ClusterRoleScopeRestriction
  roleNames! [text] atomic
  namespaces! [text] atomic
  allowEscalation! bool
ScopeRestriction
  literals [text] atomic
  clusterRole ClusterRoleScopeRestriction
kind OAuthClient: A program that may ask for tokens.
  secret text
  additionalSecrets [text] atomic
  respondWithChallenges bool                     # Command line tools are asked for a password at once.
  redirectURIs [text] atomic
  grantMethod text one:auto|prompt|deny
  scopeRestrictions [ScopeRestriction] atomic
  accessTokenMaxAgeSeconds int32
  accessTokenInactivityTimeoutSeconds int32
kind OAuthAccessToken: A token somebody logged in with; its name is the hash of the token.
  clientName text
  expiresIn int
  scopes [text] atomic
  redirectURI text
  userName text
  userUID text
  authorizeToken text
  refreshToken text
  inactivityTimeoutSeconds int32
kind UserOAuthAccessToken: One of the caller's own tokens.
  clientName text
  expiresIn int
  scopes [text] atomic
  redirectURI text
  userName text
  userUID text
  authorizeToken text
  refreshToken text
  inactivityTimeoutSeconds int32
kind OAuthAuthorizeToken: A code that becomes a token, once.
  clientName text
  expiresIn int
  scopes [text] atomic
  redirectURI text
  state text
  userName text
  userUID text
  codeChallenge text
  codeChallengeMethod text
kind OAuthClientAuthorization: What a user allowed a program to do.
  clientName text
  userName text
  userUID text
  scopes [text] atomic
""",
    META,
)
"""By name."""
