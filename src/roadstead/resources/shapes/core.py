"""Core kinds: places, data, accounts, services, events, limits; no I/O."""

from roadstead.kube.objectmeta import CORE_PACKAGE
from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.pods import PODS
from roadstead.resources.shapes.volumes import VOLUMES

CORE = read(
    CORE_PACKAGE,
    """
NamespaceSpec
  finalizers [text] atomic                       # Who must agree before the namespace goes.
NamespaceCondition
  type! text
  status! text
  lastTransitionTime time
  reason text
  message text
NamespaceStatus
  phase text one:Active|Terminating
  conditions [NamespaceCondition] by:type
kind Namespace: A place for objects; names are unique within it, and rights are given in it.
  spec NamespaceSpec
  status NamespaceStatus
kind Secret: Data that few may see: passwords, tokens, keys.
  immutable bool                                 # The data may not change any more.
  data {bytes}                                   # Values in base64.
  stringData {text}                              # Values as text; written only, they end up in data.
  type text                                      # What the entries are; for example kubernetes.io/dockerconfigjson.
kind ConfigMap: Data that programs are configured with.
  immutable bool                                 # The data may not change any more.
  data {text}                                    # Values as text.
  binaryData {bytes}                             # Values in base64.
kind ServiceAccount: Who a program is when it calls the API or the registry.
  secrets [ObjectReference] by:name              # Secrets its programs may use.
  imagePullSecrets [LocalObjectReference] atomic # With which its pods pull.
  automountServiceAccountToken bool              # Whether pods get a token.
ServicePort
  name text
  protocol text default:TCP one:TCP|UDP|SCTP
  appProtocol text kept
  port! int32                                    # Where the service listens.
  targetPort port                                # Where the pods listen: a number or a name.
  nodePort int32
ClientIPConfig
  timeoutSeconds int32
SessionAffinityConfig
  clientIP ClientIPConfig
ServiceSpec
  ports [ServicePort] by:port keys:port,protocol
  selector {text} atomic                         # Labels of the pods that answer.
  clusterIP text
  clusterIPs [text] atomic
  type text one:ClusterIP|NodePort|LoadBalancer|ExternalName
  externalIPs [text] atomic
  sessionAffinity text one:None|ClientIP
  loadBalancerIP text
  loadBalancerSourceRanges [text] atomic
  externalName text
  externalTrafficPolicy text
  healthCheckNodePort int32
  publishNotReadyAddresses bool
  sessionAffinityConfig SessionAffinityConfig
  ipFamilies [text] atomic
  ipFamilyPolicy text
  allocateLoadBalancerNodePorts bool
  loadBalancerClass text
  internalTrafficPolicy text
  trafficDistribution text
PortStatus
  port! int32
  protocol! text
  error text
LoadBalancerIngress
  ip text
  hostname text
  ipMode text
  ports [PortStatus] atomic
LoadBalancerStatus
  ingress [LoadBalancerIngress] atomic
ServiceStatus
  loadBalancer LoadBalancerStatus
  conditions [Condition] by:type
kind Service: One name and address for many pods.
  spec ServiceSpec
  status ServiceStatus
EndpointAddress atomic
  ip! text
  hostname text
  nodeName text
  targetRef ObjectReference
EndpointPort atomic
  name text
  port! int32
  protocol text
  appProtocol text
EndpointSubset
  addresses [EndpointAddress] atomic
  notReadyAddresses [EndpointAddress] atomic
  ports [EndpointPort] atomic
kind Endpoints: The addresses behind a service.
  subsets [EndpointSubset] atomic
EventSource
  component text
  host text
EventSeries
  count int32
  lastObservedTime microtime
kind Event: Something that happened to an object.
  involvedObject! ObjectReference                # What it happened to.
  reason text                                    # What happened, in one word.
  message text                                   # What happened, for people.
  source EventSource
  firstTimestamp time null
  lastTimestamp time null
  count int32
  type text                                      # Normal or Warning.
  eventTime microtime null
  series EventSeries
  action text
  related ObjectReference
  reportingComponent text kept
  reportingInstance text kept
LimitRangeItem: Bounds for one sort of thing.
  type! text                                     # Pod, Container, openshift.io/Image, openshift.io/ImageStream, …
  max {amount}                                   # At most.
  min {amount}                                   # At least.
  default {amount}                               # The limit of who names none.
  defaultRequest {amount}
  maxLimitRequestRatio {amount}
LimitRangeSpec
  limits! [LimitRangeItem] atomic
kind LimitRange: Bounds for each single object of a namespace.
  spec LimitRangeSpec
ScopedResourceSelectorRequirement
  scopeName! text
  operator! text
  values [text] atomic
ScopeSelector atomic
  matchExpressions [ScopedResourceSelectorRequirement] atomic
ResourceQuotaSpec
  hard {amount}                                  # For example openshift.io/imagestreams, count/secrets.
  scopes [text] atomic
  scopeSelector ScopeSelector
ResourceQuotaStatus
  hard {amount}
  used {amount}
kind ResourceQuota: Bounds for all objects of a namespace together.
  spec ResourceQuotaSpec
  status ResourceQuotaStatus
ReplicationControllerSpec
  replicas int32                                 # How many pods there should be.
  minReadySeconds int32
  selector {text} atomic                         # Labels of its pods.
  template PodTemplateSpec
ReplicationControllerCondition
  type! text
  status! text
  lastTransitionTime time
  reason text
  message text
ReplicationControllerStatus
  replicas! int32
  fullyLabeledReplicas int32
  readyReplicas int32
  availableReplicas int32
  observedGeneration int
  conditions [ReplicationControllerCondition] by:type
kind ReplicationController: Keeps so many pods running; what deployment configs are made of.
  spec ReplicationControllerSpec
  status ReplicationControllerStatus
NodeSpec open: Fields that are kept as they are sent.
NodeStatus open: Fields that are kept as they are sent.
kind Node: A machine that runs pods.
  spec NodeSpec
  status NodeStatus
PersistentVolumeSpec open: Fields that are kept as they are sent.
PersistentVolumeStatus open: Fields that are kept as they are sent.
kind PersistentVolume: Storage of the cluster.
  spec PersistentVolumeSpec
  status PersistentVolumeStatus
""",
    META | VOLUMES | PODS,
)
"""By name."""
