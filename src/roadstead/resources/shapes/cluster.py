"""Smaller Kubernetes groups: coordination, networking, discovery, storage, apiextensions; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.volumes import VOLUMES

COORDINATION = read(
    "io.k8s.api.coordination.v1",
    """
LeaseSpec
  holderIdentity text kept                       # Who holds it.
  leaseDurationSeconds int32                     # How long others wait after the last renewal.
  acquireTime microtime
  renewTime microtime
  leaseTransitions int32                         # How often it changed hands.
  strategy text kept
  preferredHolder text kept
kind Lease: Who of several does the work at the moment.
  spec LeaseSpec
""",
    META,
)
"""By name."""

NETWORKING = read(
    "io.k8s.api.networking.v1",
    """
ServiceBackendPort atomic
  name text
  number int32
IngressServiceBackend
  name! text
  port ServiceBackendPort
IngressBackend: Where requests go.
  service IngressServiceBackend
  resource TypedLocalObjectReference
HTTPIngressPath
  path text
  pathType! text one:Exact|Prefix|ImplementationSpecific
  backend! IngressBackend
HTTPIngressRuleValue
  paths! [HTTPIngressPath] atomic
IngressRule
  host text
  http HTTPIngressRuleValue
IngressTLS
  hosts [text] atomic
  secretName text
IngressSpec
  ingressClassName text kept
  defaultBackend IngressBackend
  tls [IngressTLS] atomic
  rules [IngressRule] atomic
IngressPortStatus
  port! int32
  protocol! text
  error text
IngressLoadBalancerIngress
  ip text
  hostname text
  ports [IngressPortStatus] atomic
IngressLoadBalancerStatus
  ingress [IngressLoadBalancerIngress] atomic
IngressStatus
  loadBalancer IngressLoadBalancerStatus
kind Ingress: Which requests from outside go to which service.
  spec IngressSpec
  status IngressStatus
IngressClassParametersReference
  apiGroup text
  kind! text
  name! text
  scope text
  namespace text
IngressClassSpec
  controller text
  parameters IngressClassParametersReference
kind IngressClass: Who serves an ingress.
  spec IngressClassSpec
NetworkPolicyPort
  protocol text
  port port
  endPort int32
IPBlock
  cidr! text
  except [text] atomic
NetworkPolicyPeer
  podSelector LabelSelector
  namespaceSelector LabelSelector
  ipBlock IPBlock
NetworkPolicyIngressRule
  ports [NetworkPolicyPort] atomic
  from [NetworkPolicyPeer] atomic
NetworkPolicyEgressRule
  ports [NetworkPolicyPort] atomic
  to [NetworkPolicyPeer] atomic
NetworkPolicySpec
  podSelector LabelSelector                      # The pods it is about; empty means all.
  ingress [NetworkPolicyIngressRule] atomic      # Who may reach them.
  egress [NetworkPolicyEgressRule] atomic        # Whom they may reach.
  policyTypes [text] atomic
kind NetworkPolicy: Who may talk to some pods, and to whom they may talk.
  spec NetworkPolicySpec
""",
    META | VOLUMES,
)
"""By name."""

APIEXTENSIONS = read(
    "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1",
    """
CustomResourceDefinitionNames
  plural! text                                   # As in paths: crontabs.
  singular text
  shortNames [text] atomic
  kind! text                                     # As in objects: CronTab.
  listKind text
  categories [text] atomic                       # For example all.
CustomResourceSubresourceScale
  specReplicasPath! text
  statusReplicasPath! text
  labelSelectorPath text kept
CustomResourceSubresourceStatus
CustomResourceSubresources
  status CustomResourceSubresourceStatus         # The status has a path of its own.
  scale CustomResourceSubresourceScale           # kubectl scale works.
CustomResourceColumnDefinition
  name! text
  type! text one:integer|number|string|boolean|date
  format text
  description text
  priority int32                                 # Above 0: only with -o wide.
  jsonPath! text
CustomResourceValidation
  openAPIV3Schema any                            # The fields and their types; the rest is dropped.
SelectableField
  jsonPath! text
CustomResourceDefinitionVersion
  name! text
  served! bool                                   # Whether the API has it.
  storage! bool                                  # Whether objects are stored in it; true for exactly one.
  deprecated bool
  deprecationWarning text kept
  schema CustomResourceValidation
  subresources CustomResourceSubresources
  additionalPrinterColumns [CustomResourceColumnDefinition] atomic
  selectableFields [SelectableField] atomic
CustomResourceConversion
  strategy! text one:None|Webhook
  webhook any
CustomResourceDefinitionSpec
  group! text
  names! CustomResourceDefinitionNames
  scope! text one:Namespaced|Cluster
  versions! [CustomResourceDefinitionVersion] atomic
  conversion CustomResourceConversion
  preserveUnknownFields bool
CustomResourceDefinitionCondition
  type! text
  status! text
  observedGeneration int
  lastTransitionTime time
  reason text
  message text
CustomResourceDefinitionStatus
  conditions [CustomResourceDefinitionCondition] keys:type
  acceptedNames CustomResourceDefinitionNames
  storedVersions [text] atomic
  observedGeneration int
kind CustomResourceDefinition: A kind of one's own: once it is here, its objects are served like any others.
  spec! CustomResourceDefinitionSpec
  status CustomResourceDefinitionStatus
""",
    META,
)
"""By name."""

STORAGE = read(
    "io.k8s.api.storage.v1",
    """
kind StorageClass: A sort of storage that can be claimed.
  provisioner! text
  parameters {text}
  reclaimPolicy text
  mountOptions [text] atomic
  allowVolumeExpansion bool
  volumeBindingMode text
  allowedTopologies [any] atomic
""",
    META,
)
"""By name."""

SCHEDULING = read(
    "io.k8s.api.scheduling.v1",
    """
kind PriorityClass: How much more important than others some pods are.
  value! int32                                   # The higher, the more important.
  globalDefault bool                             # For pods that name no class.
  description text
  preemptionPolicy text one:Never|PreemptLowerPriority
""",
    META,
)
"""By name."""

DISCOVERY = read(
    "io.k8s.api.discovery.v1",
    """
EndpointConditions
  ready bool
  serving bool
  terminating bool
ForZone
  name! text
EndpointHints
  forZones [ForZone] atomic
  forNodes [ForZone] atomic
Endpoint
  addresses! [text] set
  conditions EndpointConditions
  hostname text
  targetRef ObjectReference
  deprecatedTopology {text}
  nodeName text
  zone text
  hints EndpointHints
EndpointPort atomic
  name text kept
  protocol text
  port int32
  appProtocol text
kind EndpointSlice: Some of the addresses behind a service.
  addressType! text one:IPv4|IPv6|FQDN
  endpoints! [Endpoint] atomic
  ports [EndpointPort] atomic
""",
    META,
)
"""By name."""
