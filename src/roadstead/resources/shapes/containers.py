"""What runs in a pod: containers and what they need; no I/O."""

from roadstead.kube.objectmeta import CORE_PACKAGE
from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.volumes import VOLUMES

CONTAINERS = read(
    CORE_PACKAGE,
    """
ConfigMapKeySelector atomic: One entry of a config map.
  name text
  key! text
  optional bool                                  # The container may start without it.
SecretKeySelector atomic: One entry of a secret.
  name text
  key! text
  optional bool                                  # The container may start without it.
FileKeySelector atomic
  volumeName! text
  path! text
  key! text
  optional bool
EnvVarSource: Where the value of a variable comes from.
  fieldRef ObjectFieldSelector
  resourceFieldRef ResourceFieldSelector
  configMapKeyRef ConfigMapKeySelector
  secretKeyRef SecretKeySelector
  fileKeyRef FileKeySelector
EnvVar: One environment variable.
  name! text
  value text kept                                # $(NAME) stands for an earlier variable.
  valueFrom EnvVarSource
ConfigMapEnvSource
  name text
  optional bool
SecretEnvSource
  name text
  optional bool
EnvFromSource: Every entry of a config map or secret as a variable.
  prefix text                                    # Put before each name.
  configMapRef ConfigMapEnvSource
  secretRef SecretEnvSource
ContainerPort: A port a container listens on; for information.
  name text                                      # By which services may name it.
  hostPort int32                                 # The port of the node that leads to it.
  containerPort! int32
  protocol text default:TCP one:TCP|UDP|SCTP
  hostIP text
ResourceClaim
  name! text
  request text
ResourceRequirements: What a container is promised and may use.
  limits {amount}                                # May use at most; for example cpu, memory.
  requests {amount}                              # Is promised.
  claims [ResourceClaim] keys:name
ContainerResizePolicy
  resourceName! text
  restartPolicy! text
VolumeMount: Where a volume of the pod appears in a container.
  name! text                                     # The volume.
  mountPath! text                                # The place in the container.
  readOnly bool
  recursiveReadOnly text kept
  subPath text                                   # Only this part of the volume.
  subPathExpr text
  mountPropagation text kept
VolumeDevice
  name! text
  devicePath! text
ExecAction: A command in the container; 0 means well.
  command [text] atomic
HTTPHeader
  name! text
  value! text
HTTPGetAction: A request to the container; 200 to 399 mean well.
  path text
  port! port
  host text
  scheme text one:HTTP|HTTPS
  httpHeaders [HTTPHeader] atomic
TCPSocketAction
  port! port
  host text
GRPCAction
  port! int32
  service text kept
SleepAction
  seconds! int
Probe: How to find out whether a container is well.
  exec ExecAction
  httpGet HTTPGetAction
  tcpSocket TCPSocketAction
  grpc GRPCAction
  initialDelaySeconds int32
  timeoutSeconds int32
  periodSeconds int32
  successThreshold int32
  failureThreshold int32
  terminationGracePeriodSeconds int
LifecycleHandler
  exec ExecAction
  httpGet HTTPGetAction
  tcpSocket TCPSocketAction
  sleep SleepAction
Lifecycle: What is done after a container's start and before its end.
  postStart LifecycleHandler
  preStop LifecycleHandler
  stopSignal text kept
Capabilities
  add [text] atomic
  drop [text] atomic
SELinuxOptions
  user text
  role text
  type text
  level text
WindowsSecurityContextOptions
  gmsaCredentialSpecName text
  gmsaCredentialSpec text
  runAsUserName text
  hostProcess bool
SeccompProfile
  type! text
  localhostProfile text
AppArmorProfile
  type! text
  localhostProfile text
SecurityContext: The rights of a container; what it says goes before what the pod says.
  capabilities Capabilities
  privileged bool
  seLinuxOptions SELinuxOptions
  windowsOptions WindowsSecurityContextOptions
  runAsUser int
  runAsGroup int
  runAsNonRoot bool
  readOnlyRootFilesystem bool
  allowPrivilegeEscalation bool
  procMount text
  seccompProfile SeccompProfile
  appArmorProfile AppArmorProfile
ContainerRestartRule open: Fields that are kept as they are sent.
Container: One program of a pod, and how it is run.
  name! text                                     # Unique within the pod.
  image text                                     # The pull spec of what is run.
  command [text] atomic                          # Stands for the image's entry point.
  args [text] atomic                             # Stand for the image's command.
  workingDir text
  ports [ContainerPort] by:containerPort keys:containerPort,protocol
  envFrom [EnvFromSource] atomic
  env [EnvVar] by:name                           # Environment variables.
  resources ResourceRequirements
  resizePolicy [ContainerResizePolicy] atomic
  restartPolicy text
  restartPolicyRules [ContainerRestartRule] atomic
  volumeMounts [VolumeMount] by:mountPath
  volumeDevices [VolumeDevice] by:devicePath
  livenessProbe Probe                            # Restarted when it fails.
  readinessProbe Probe                           # Gets no traffic while it fails.
  startupProbe Probe                             # The others wait for it.
  lifecycle Lifecycle
  terminationMessagePath text
  terminationMessagePolicy text one:File|FallbackToLogsOnError
  imagePullPolicy text one:Always|Never|IfNotPresent
  securityContext SecurityContext
  stdin bool
  stdinOnce bool
  tty bool
EphemeralContainer: A container put into a running pod, to look around.
  name! text
  image text
  command [text] atomic
  args [text] atomic
  workingDir text
  ports [ContainerPort] by:containerPort keys:containerPort,protocol
  envFrom [EnvFromSource] atomic
  env [EnvVar] by:name
  resources ResourceRequirements
  resizePolicy [ContainerResizePolicy] atomic
  restartPolicy text
  restartPolicyRules [ContainerRestartRule] atomic
  volumeMounts [VolumeMount] by:mountPath
  volumeDevices [VolumeDevice] by:devicePath
  livenessProbe Probe
  readinessProbe Probe
  startupProbe Probe
  lifecycle Lifecycle
  terminationMessagePath text
  terminationMessagePolicy text
  imagePullPolicy text
  securityContext SecurityContext
  stdin bool
  stdinOnce bool
  tty bool
  targetContainerName text
""",
    META | VOLUMES,
)
"""By name."""
