"""OpenShift's builds; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.containers import CONTAINERS
from roadstead.resources.shapes.meta import META
from roadstead.resources.shapes.volumes import VOLUMES

BUILD = read(
    "com.github.openshift.api.build.v1",
    """
GitBuildSource
  uri! text                                      # Where the repository is.
  ref text                                       # Branch, tag or commit.
  httpProxy text kept
  httpsProxy text kept
  noProxy text kept
SecretBuildSource
  secret! LocalObjectReference
  destinationDir text
ConfigMapBuildSource
  configMap! LocalObjectReference
  destinationDir text
BinaryBuildSource
  asFile text
ImageSourcePath
  sourcePath! text
  destinationDir! text
ImageSource
  from! ObjectReference
  as [text] atomic
  paths [ImageSourcePath] atomic
  pullSecret LocalObjectReference
BuildSource: What is built.
  type text
  binary BinaryBuildSource
  dockerfile text kept
  git GitBuildSource
  images [ImageSource] atomic
  contextDir text
  sourceSecret LocalObjectReference
  secrets [SecretBuildSource] atomic
  configMaps [ConfigMapBuildSource] atomic
BuildVolume open: A secret or config map the build may read.
  name! text
DockerBuildStrategy
  from ObjectReference
  pullSecret LocalObjectReference
  noCache bool
  env [EnvVar] atomic
  forcePull bool
  dockerfilePath text
  buildArgs [EnvVar] atomic
  imageOptimizationPolicy text kept
  volumes [BuildVolume] by:name
SourceBuildStrategy
  from! ObjectReference                          # The builder image.
  pullSecret LocalObjectReference
  env [EnvVar] atomic
  scripts text
  incremental bool
  forcePull bool
  volumes [BuildVolume] by:name
CustomBuildStrategy open: Fields that are kept as they are sent.
JenkinsPipelineBuildStrategy open: Fields that are kept as they are sent.
BuildStrategy: How it is built.
  type text
  dockerStrategy DockerBuildStrategy
  sourceStrategy SourceBuildStrategy
  customStrategy CustomBuildStrategy
  jenkinsPipelineStrategy JenkinsPipelineBuildStrategy
ImageLabel
  name! text
  value text
BuildOutput: Where the image goes.
  to ObjectReference                             # The image stream tag.
  pushSecret LocalObjectReference
  imageLabels [ImageLabel] atomic
BuildPostCommitSpec
  command [text] atomic
  args [text] atomic
  script text
SourceRevision open: Fields that are kept as they are sent.
ImageChangeTriggerStatus open: Fields that are kept as they are sent.
ImageChangeTrigger
  lastTriggeredImageID text
  from ObjectReference
  paused bool
WebHookTrigger
  secret text
  allowEnv bool
  secretReference LocalObjectReference
BuildTriggerPolicy: What starts a build.
  type! text
  github WebHookTrigger
  generic WebHookTrigger
  imageChange ImageChangeTrigger
  gitlab WebHookTrigger
  bitbucket WebHookTrigger
BuildConfigSpec
  triggers [BuildTriggerPolicy] atomic
  runPolicy text one:Parallel|Serial|SerialLatestOnly
  serviceAccount text
  source BuildSource
  revision SourceRevision
  strategy! BuildStrategy
  output BuildOutput
  resources ResourceRequirements
  postCommit BuildPostCommitSpec
  completionDeadlineSeconds int
  nodeSelector {text}
  mountTrustedCA bool
  successfulBuildsHistoryLimit int32
  failedBuildsHistoryLimit int32
BuildConfigStatus
  lastVersion! int
  imageChangeTriggers [ImageChangeTriggerStatus] atomic
kind BuildConfig: How an image is made from sources, and what starts it.
  spec! BuildConfigSpec
  status BuildConfigStatus
BuildTriggerCause open: Fields that are kept as they are sent.
BuildSpec
  serviceAccount text
  source BuildSource
  revision SourceRevision
  strategy! BuildStrategy
  output BuildOutput
  resources ResourceRequirements
  postCommit BuildPostCommitSpec
  completionDeadlineSeconds int
  nodeSelector {text}
  mountTrustedCA bool
  triggeredBy [BuildTriggerCause] atomic
StageInfo open: Fields that are kept as they are sent.
BuildStatusOutput open: Fields that are kept as they are sent.
BuildCondition
  type! text
  status! text
  lastUpdateTime time
  lastTransitionTime time
  reason text
  message text
BuildStatus
  phase! text one:New|Pending|Running|Complete|Failed|Error|Cancelled
  cancelled bool
  reason text
  message text
  startTimestamp time
  completionTimestamp time
  duration int
  outputDockerImageReference text
  config ObjectReference
  output BuildStatusOutput
  stages [StageInfo] atomic
  logSnippet text
  conditions [BuildCondition] by:type
kind Build: One run of a build config.
  spec BuildSpec
  status BuildStatus
""",
    META | VOLUMES | CONTAINERS,
)
"""By name."""
