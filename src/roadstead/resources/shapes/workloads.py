"""Kinds that keep pods running: apps, batch, policy; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.pods import PODS
from roadstead.resources.shapes.volumes import VOLUMES

APPS = read(
    "io.k8s.api.apps.v1",
    """
RollingUpdateDeployment
  maxUnavailable port                            # How many may be missing meanwhile: a number or a percentage.
  maxSurge port                                  # How many more there may be meanwhile.
DeploymentStrategy: How old pods give way to new ones.
  type text one:Recreate|RollingUpdate
  rollingUpdate RollingUpdateDeployment
DeploymentSpec
  replicas int32                                 # How many pods there should be.
  selector! LabelSelector                        # Which pods are its own; cannot change.
  template! PodTemplateSpec                      # The pods it makes.
  strategy DeploymentStrategy retain
  minReadySeconds int32                          # How long a pod must be well before it counts.
  revisionHistoryLimit int32                     # How many old replica sets are kept.
  paused bool                                    # Changes wait.
  progressDeadlineSeconds int32
WorkloadCondition
  type! text
  status! text
  lastUpdateTime time
  lastTransitionTime time
  reason text
  message text
DeploymentStatus
  observedGeneration int
  replicas int32
  updatedReplicas int32
  readyReplicas int32
  availableReplicas int32
  unavailableReplicas int32
  terminatingReplicas int32
  conditions [WorkloadCondition] by:type
  collisionCount int32
kind Deployment: Keeps pods of one template running, and replaces them step by step when it changes.
  spec DeploymentSpec
  status DeploymentStatus
ReplicaSetSpec
  replicas int32                                 # How many pods there should be.
  minReadySeconds int32
  selector! LabelSelector                        # Which pods are its own; cannot change.
  template PodTemplateSpec
ReplicaSetStatus
  replicas! int32
  fullyLabeledReplicas int32
  readyReplicas int32
  availableReplicas int32
  terminatingReplicas int32
  observedGeneration int
  conditions [WorkloadCondition] by:type
kind ReplicaSet: Keeps so many pods of one template running; made by deployments.
  spec ReplicaSetSpec
  status ReplicaSetStatus
RollingUpdateStatefulSetStrategy
  partition int32
  maxUnavailable port
StatefulSetUpdateStrategy
  type text one:RollingUpdate|OnDelete
  rollingUpdate RollingUpdateStatefulSetStrategy
StatefulSetPersistentVolumeClaimRetentionPolicy
  whenDeleted text
  whenScaled text
StatefulSetOrdinals
  start int32
StatefulSetSpec
  replicas int32                                 # How many pods there should be.
  selector! LabelSelector                        # Which pods are its own; cannot change.
  template! PodTemplateSpec
  volumeClaimTemplates [PersistentVolumeClaim] atomic # Storage each pod gets for itself.
  serviceName text                               # The service that gives the pods their names.
  podManagementPolicy text one:OrderedReady|Parallel
  updateStrategy StatefulSetUpdateStrategy
  revisionHistoryLimit int32
  minReadySeconds int32
  persistentVolumeClaimRetentionPolicy StatefulSetPersistentVolumeClaimRetentionPolicy
  ordinals StatefulSetOrdinals
StatefulSetStatus
  observedGeneration int
  replicas! int32
  readyReplicas int32
  currentReplicas int32
  updatedReplicas int32
  currentRevision text
  updateRevision text
  collisionCount int32
  conditions [WorkloadCondition] by:type
  availableReplicas int32
kind StatefulSet: Keeps pods running that have a name and storage each.
  spec StatefulSetSpec
  status StatefulSetStatus
RollingUpdateDaemonSet
  maxUnavailable port
  maxSurge port
DaemonSetUpdateStrategy
  type text one:RollingUpdate|OnDelete
  rollingUpdate RollingUpdateDaemonSet
DaemonSetSpec
  selector! LabelSelector                        # Which pods are its own; cannot change.
  template! PodTemplateSpec
  updateStrategy DaemonSetUpdateStrategy
  minReadySeconds int32
  revisionHistoryLimit int32
DaemonSetStatus
  currentNumberScheduled! int32
  numberMisscheduled! int32
  desiredNumberScheduled! int32
  numberReady! int32
  observedGeneration int
  updatedNumberScheduled int32
  numberAvailable int32
  numberUnavailable int32
  collisionCount int32
  conditions [WorkloadCondition] by:type
kind DaemonSet: Keeps one pod running on every node.
  spec DaemonSetSpec
  status DaemonSetStatus
kind ControllerRevision: A state of a stateful or daemon set that can be returned to.
  data any
  revision! int
""",
    META | VOLUMES | PODS,
)
"""By name."""

BATCH = read(
    "io.k8s.api.batch.v1",
    """
PodFailurePolicyOnExitCodesRequirement
  containerName text kept
  operator! text
  values [int32] set
PodFailurePolicyOnPodConditionsPattern
  type! text
  status! text
PodFailurePolicyRule
  action! text
  onExitCodes PodFailurePolicyOnExitCodesRequirement
  onPodConditions [PodFailurePolicyOnPodConditionsPattern] atomic
PodFailurePolicy
  rules! [PodFailurePolicyRule] atomic
SuccessPolicyRule
  succeededIndexes text kept
  succeededCount int32
SuccessPolicy
  rules! [SuccessPolicyRule] atomic
JobSpec
  parallelism int32                              # How many pods at a time.
  completions int32                              # How many must succeed.
  activeDeadlineSeconds int
  podFailurePolicy PodFailurePolicy
  successPolicy SuccessPolicy
  backoffLimit int32                             # How often it is tried again.
  backoffLimitPerIndex int32
  maxFailedIndexes int32
  selector LabelSelector
  manualSelector bool
  template! PodTemplateSpec
  ttlSecondsAfterFinished int32                  # When it removes itself.
  completionMode text one:NonIndexed|Indexed
  suspend bool
  podReplacementPolicy text
  managedBy text kept
JobCondition
  type! text
  status! text
  lastProbeTime time
  lastTransitionTime time
  reason text
  message text
UncountedTerminatedPods
  succeeded [text] set
  failed [text] set
JobStatus
  conditions [JobCondition] by:type atomic
  startTime time
  completionTime time
  active int32
  succeeded int32
  failed int32
  terminating int32
  completedIndexes text
  failedIndexes text kept
  uncountedTerminatedPods UncountedTerminatedPods
  ready int32
kind Job: Runs pods until enough of them have succeeded.
  spec JobSpec
  status JobStatus
JobTemplateSpec
  metadata ObjectMeta
  spec JobSpec
CronJobSpec
  schedule! text                                 # When, as in a crontab: minute hour day month weekday.
  timeZone text kept
  startingDeadlineSeconds int
  concurrencyPolicy text one:Allow|Forbid|Replace
  suspend bool
  jobTemplate! JobTemplateSpec
  successfulJobsHistoryLimit int32
  failedJobsHistoryLimit int32
CronJobStatus
  active [ObjectReference] atomic
  lastScheduleTime time
  lastSuccessfulTime time
kind CronJob: Starts a job again and again.
  spec CronJobSpec
  status CronJobStatus
""",
    META | PODS,
)
"""By name."""

POLICY = read(
    "io.k8s.api.policy.v1",
    """
PodDisruptionBudgetSpec
  minAvailable port                              # So many pods must stay: a number or a percentage.
  selector LabelSelector replace
  maxUnavailable port                            # So many pods may be missing.
  unhealthyPodEvictionPolicy text
PodDisruptionBudgetStatus
  observedGeneration int
  disruptedPods {time}
  disruptionsAllowed! int32
  currentHealthy! int32
  desiredHealthy! int32
  expectedPods! int32
  conditions [Condition] by:type
kind PodDisruptionBudget: How many pods may be taken away on purpose at a time.
  spec PodDisruptionBudgetSpec
  status PodDisruptionBudgetStatus
""",
    META,
)
"""By name."""

AUTOSCALING = read(
    "io.k8s.api.autoscaling.v1",
    """
ScaleSpec
  replicas int32                                 # How many there should be.
ScaleStatus
  replicas! int32                                # How many there are.
  selector text                                  # Which pods they are.
kind Scale: How many pods something has.
  spec ScaleSpec
  status ScaleStatus
CrossVersionObjectReference atomic
  kind! text
  name! text
  apiVersion text
HorizontalPodAutoscalerSpec
  scaleTargetRef! CrossVersionObjectReference    # What gets more or fewer pods.
  minReplicas int32
  maxReplicas! int32
  targetCPUUtilizationPercentage int32           # How busy its pods should be on average.
HorizontalPodAutoscalerStatus
  observedGeneration int
  lastScaleTime time
  currentReplicas! int32
  desiredReplicas! int32
  currentCPUUtilizationPercentage int32
kind HorizontalPodAutoscaler: Changes how many pods something has, by how busy they are.
  spec HorizontalPodAutoscalerSpec
  status HorizontalPodAutoscalerStatus
""",
)
"""By name."""
