"""Pods, what makes them, and where they may run; no I/O."""

from roadstead.kube.objectmeta import CORE_PACKAGE
from roadstead.kube.shapetables import read
from roadstead.resources.shapes.containers import CONTAINERS
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.volumes import VOLUMES

PODS = read(
    CORE_PACKAGE,
    """
NodeSelectorRequirement
  key! text
  operator! text one:In|NotIn|Exists|DoesNotExist|Gt|Lt
  values [text] atomic
NodeSelectorTerm atomic
  matchExpressions [NodeSelectorRequirement] atomic
  matchFields [NodeSelectorRequirement] atomic
NodeSelector atomic
  nodeSelectorTerms! [NodeSelectorTerm] atomic
PreferredSchedulingTerm
  weight! int32
  preference! NodeSelectorTerm
NodeAffinity: Which nodes suit the pod.
  requiredDuringSchedulingIgnoredDuringExecution NodeSelector
  preferredDuringSchedulingIgnoredDuringExecution [PreferredSchedulingTerm] atomic
PodAffinityTerm
  labelSelector LabelSelector
  namespaces [text] atomic
  topologyKey! text
  namespaceSelector LabelSelector
  matchLabelKeys [text] atomic
  mismatchLabelKeys [text] atomic
WeightedPodAffinityTerm
  weight! int32
  podAffinityTerm! PodAffinityTerm
PodAffinity: Which pods it should be near.
  requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] atomic
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] atomic
PodAntiAffinity: Which pods it should be far from.
  requiredDuringSchedulingIgnoredDuringExecution [PodAffinityTerm] atomic
  preferredDuringSchedulingIgnoredDuringExecution [WeightedPodAffinityTerm] atomic
Affinity: Where the pod should run.
  nodeAffinity NodeAffinity
  podAffinity PodAffinity
  podAntiAffinity PodAntiAffinity
Toleration: A taint the pod puts up with.
  key text                                       # The taint; empty with Exists means all.
  operator text one:Exists|Equal
  value text
  effect text one:NoSchedule|PreferNoSchedule|NoExecute
  tolerationSeconds int                          # How long, for NoExecute.
TopologySpreadConstraint: How evenly the pods are spread.
  maxSkew! int32
  topologyKey! text
  whenUnsatisfiable! text one:DoNotSchedule|ScheduleAnyway
  labelSelector LabelSelector
  minDomains int32
  nodeAffinityPolicy text
  nodeTaintsPolicy text
  matchLabelKeys [text] atomic
Sysctl
  name! text
  value! text
PodSecurityContext: The rights of every container of the pod.
  seLinuxOptions SELinuxOptions
  windowsOptions WindowsSecurityContextOptions
  runAsUser int
  runAsGroup int
  runAsNonRoot bool
  supplementalGroups [int] atomic
  supplementalGroupsPolicy text
  fsGroup int
  sysctls [Sysctl] atomic
  fsGroupChangePolicy text
  seccompProfile SeccompProfile
  appArmorProfile AppArmorProfile
  seLinuxChangePolicy text
HostAlias: Further names of an address, in the pod's hosts file.
  ip! text
  hostnames [text] atomic
PodDNSConfigOption
  name text
  value text kept
PodDNSConfig
  nameservers [text] atomic
  searches [text] atomic
  options [PodDNSConfigOption] atomic
PodReadinessGate
  conditionType! text
PodSchedulingGate
  name! text
PodResourceClaim
  name! text
  resourceClaimName text
  resourceClaimTemplateName text
PodOS
  name! text
WorkloadReference open: Fields that are kept as they are sent.
PodSpec: What runs in a pod, and how.
  volumes [Volume] by:name retain                # Sources of files the containers may mount.
  initContainers [Container] by:name             # Run one after the other before the containers start.
  containers! [Container] by:name                # What runs; at least one.
  ephemeralContainers [EphemeralContainer] by:name
  restartPolicy text one:Always|OnFailure|Never
  terminationGracePeriodSeconds int              # Time for an orderly end.
  activeDeadlineSeconds int
  dnsPolicy text one:ClusterFirst|ClusterFirstWithHostNet|Default|None
  nodeSelector {text} atomic                     # Labels the node must have.
  serviceAccountName text                        # As whom the pod acts.
  serviceAccount text                            # Deprecated: serviceAccountName.
  automountServiceAccountToken bool
  nodeName text
  hostNetwork bool
  hostPID bool
  hostIPC bool
  hostUsers bool
  hostnameOverride text kept
  shareProcessNamespace bool
  securityContext PodSecurityContext
  imagePullSecrets [LocalObjectReference] by:name
  hostname text
  subdomain text
  affinity Affinity
  schedulerName text
  tolerations [Toleration] atomic
  hostAliases [HostAlias] by:ip
  priorityClassName text
  priority int32
  dnsConfig PodDNSConfig
  readinessGates [PodReadinessGate] atomic
  runtimeClassName text kept
  enableServiceLinks bool
  preemptionPolicy text
  overhead {amount}
  topologySpreadConstraints [TopologySpreadConstraint] by:topologyKey keys:topologyKey,whenUnsatisfiable
  setHostnameAsFQDN bool
  os PodOS
  schedulingGates [PodSchedulingGate] by:name
  resourceClaims [PodResourceClaim] by:name retain
  resources ResourceRequirements
  workloadRef WorkloadReference
PodTemplateSpec: The pods that are made.
  metadata ObjectMeta
  spec PodSpec
ContainerStateWaiting
  reason text
  message text
ContainerStateRunning
  startedAt time
ContainerStateTerminated
  exitCode! int32
  signal int32
  reason text
  message text
  startedAt time
  finishedAt time
  containerID text
ContainerState: Exactly one of them.
  waiting ContainerStateWaiting
  running ContainerStateRunning
  terminated ContainerStateTerminated
ContainerUser open: Fields that are kept as they are sent.
ResourceStatus open: How an allocated resource is doing.
  name! text
VolumeMountStatus
  name! text
  mountPath! text
  readOnly bool
  recursiveReadOnly text kept
ContainerStatus: How a container is doing.
  name! text
  state ContainerState
  lastState ContainerState
  ready! bool
  restartCount! int32
  image! text
  imageID! text
  containerID text
  started bool
  allocatedResources {amount}
  resources ResourceRequirements
  volumeMounts [VolumeMountStatus] by:mountPath
  user ContainerUser
  allocatedResourcesStatus [ResourceStatus] by:name
  stopSignal text kept
PodCondition
  type! text
  status! text
  observedGeneration int
  lastProbeTime time null
  lastTransitionTime time
  reason text
  message text
PodIP
  ip! text
HostIP
  ip! text
PodResourceClaimStatus
  name! text
  resourceClaimName text
PodStatus: How the pod is doing.
  observedGeneration int
  phase text one:Pending|Running|Succeeded|Failed|Unknown
  conditions [PodCondition] by:type
  message text
  reason text
  nominatedNodeName text
  hostIP text
  hostIPs [HostIP] by:ip atomic
  podIP text
  podIPs [PodIP] by:ip
  startTime time
  initContainerStatuses [ContainerStatus] atomic
  containerStatuses [ContainerStatus] atomic
  qosClass text
  ephemeralContainerStatuses [ContainerStatus] atomic
  resize text
  resourceClaimStatuses [PodResourceClaimStatus] by:name retain
  allocatedResources {amount}
  resources ResourceRequirements
  extendedResourceClaimStatus any
kind Pod: Containers that run together on one node.
  spec PodSpec
  status PodStatus
kind PodTemplate: A template of pods by itself.
  template PodTemplateSpec
""",
    META | VOLUMES | CONTAINERS,
)
"""By name."""
