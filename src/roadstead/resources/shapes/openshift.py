"""OpenShift's routes, deployment configs, quotas and templates; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.containers import CONTAINERS
from roadstead.resources.shapes.core import CORE
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.pods import PODS
from roadstead.resources.shapes.volumes import VOLUMES

_PODS = META | VOLUMES | CONTAINERS | PODS | CORE

ROUTE = read(
    "com.github.openshift.api.route.v1",
    """
RouteTargetReference: Where requests go.
  kind! text
  name! text
  weight! int32                                  # Its share, 0 to 256.
RoutePort
  targetPort! port
RouteSecretReference
  name text
TLSConfig: Where encryption ends.
  termination! text one:edge|passthrough|reencrypt
  certificate text
  key text
  caCertificate text
  destinationCACertificate text
  insecureEdgeTerminationPolicy text one:Allow|Redirect|None
  externalCertificate RouteSecretReference
RouteHTTPHeaders open: Fields that are kept as they are sent.
RouteSpec
  host text                                      # The name people use.
  subdomain text
  path text
  to! RouteTargetReference
  alternateBackends [RouteTargetReference] keys:name,kind
  port RoutePort
  tls TLSConfig
  wildcardPolicy text one:None|Subdomain
  httpHeaders RouteHTTPHeaders
RouteIngressCondition
  type! text
  status! text
  reason text
  message text
  lastTransitionTime time
RouteIngress
  host text
  routerName text
  conditions [RouteIngressCondition] keys:type
  wildcardPolicy text
  routerCanonicalHostname text
RouteStatus
  ingress [RouteIngress] atomic
kind Route: A name by which a service is reached from outside.
  spec! RouteSpec
  status RouteStatus
""",
    _PODS,
)
"""By name."""

APPS = read(
    "com.github.openshift.api.apps.v1",
    """
DeploymentStrategyParams open: Fields that are kept as they are sent.
DeploymentStrategy
  type text one:Recreate|Rolling|Custom
  customParams DeploymentStrategyParams
  recreateParams DeploymentStrategyParams
  rollingParams DeploymentStrategyParams
  resources ResourceRequirements
  labels {text}
  annotations {text}
  activeDeadlineSeconds int
DeploymentTriggerImageChangeParams
  automatic bool                                 # Whether a new image starts a deployment.
  containerNames [text] atomic                   # Which containers get the image.
  from! ObjectReference                          # The image stream tag.
  lastTriggeredImage text
DeploymentTriggerPolicy: What starts a deployment.
  type text one:ConfigChange|ImageChange
  imageChangeParams DeploymentTriggerImageChangeParams
DeploymentConfigSpec
  strategy DeploymentStrategy
  minReadySeconds int32
  triggers [DeploymentTriggerPolicy] atomic
  replicas int32                                 # How many pods there should be.
  revisionHistoryLimit int32
  test bool
  paused bool
  selector {text}                                # Labels of its pods.
  template PodTemplateSpec
DeploymentCauseImageTrigger
  from ObjectReference
DeploymentCause
  type! text
  imageTrigger DeploymentCauseImageTrigger
DeploymentDetails
  message text
  causes [DeploymentCause] atomic
DeploymentCondition
  type! text
  status! text
  lastUpdateTime time
  lastTransitionTime time
  reason text
  message text
DeploymentConfigStatus
  latestVersion int
  observedGeneration int
  replicas int32
  updatedReplicas int32
  availableReplicas int32
  unavailableReplicas int32
  details DeploymentDetails
  conditions [DeploymentCondition] by:type
  readyReplicas int32
kind DeploymentConfig: Keeps pods running, and starts anew when an image stream tag moves.
  spec! DeploymentConfigSpec
  status DeploymentConfigStatus
DeploymentConfigRollbackSpec open: Fields that are kept as they are sent.
kind DeploymentConfigRollback: What a deployment config would be if it went back.
  name text
  updatedAnnotations {text}
  spec DeploymentConfigRollbackSpec
kind DeploymentRequest: Asks for a new deployment.
  name text
  latest bool
  force bool
  excludeTriggers [text] atomic
DeploymentLogOptions open: Fields that are kept as they are sent.
kind DeploymentLog: The log of a deployment.
""",
    _PODS,
)
"""By name."""

QUOTA = read(
    "com.github.openshift.api.quota.v1",
    """
ClusterResourceQuotaSelector: The projects that share the quota.
  labels LabelSelector
  annotations {text}
ClusterResourceQuotaSpec
  selector! ClusterResourceQuotaSelector
  quota! ResourceQuotaSpec
ResourceQuotaStatusByNamespace
  namespace! text
  status! ResourceQuotaStatus
ClusterResourceQuotaStatus
  total! ResourceQuotaStatus
  namespaces [ResourceQuotaStatusByNamespace] atomic
kind ClusterResourceQuota: Bounds for all objects of some projects together.
  spec! ClusterResourceQuotaSpec
  status ClusterResourceQuotaStatus
kind AppliedClusterResourceQuota: A cluster quota that applies to a project.
  spec! ClusterResourceQuotaSpec
  status ClusterResourceQuotaStatus
""",
    _PODS,
)
"""By name."""

TEMPLATE = read(
    "com.github.openshift.api.template.v1",
    """
Parameter
  name! text                                     # ${NAME} in the objects stands for its value.
  displayName text
  description text
  value text kept
  generate text                                  # expression: the value is made up.
  from text                                      # The pattern a made up value has.
  required bool
kind Template: Objects with blanks to be filled in.
  message text                                   # Shown after use.
  objects! [any] atomic                          # What is made.
  parameters [Parameter] atomic                  # The blanks.
  labels {text}                                  # Put on every object.
""",
    META,
)
"""By name."""
