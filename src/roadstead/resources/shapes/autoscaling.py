"""autoscaling/v2: how busy pods should be, and how quickly their number changes; no I/O."""

from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META

AUTOSCALING_V2 = read(
    "io.k8s.api.autoscaling.v2",
    """
CrossVersionObjectReference atomic
  kind! text
  name! text
  apiVersion text
MetricIdentifier: Which measurement is meant.
  name! text
  selector LabelSelector                         # Which series of it.
MetricTarget: What a measurement should be.
  type! text                                     # Utilization, Value or AverageValue.
  value amount
  averageValue amount                            # Per pod.
  averageUtilization int32                       # Percent of what pods request.
MetricValueStatus: What a measurement is.
  value amount
  averageValue amount
  averageUtilization int32
ObjectMetricSource: Something measured of one object, such as the hits of an ingress.
  describedObject! CrossVersionObjectReference
  target! MetricTarget
  metric! MetricIdentifier
PodsMetricSource: Something measured of each pod.
  metric! MetricIdentifier
  target! MetricTarget
ResourceMetricSource: How much of a resource that pods request they use.
  name! text                                     # cpu or memory.
  target! MetricTarget
ContainerResourceMetricSource: The same, of one container in each pod.
  name! text
  target! MetricTarget
  container! text
ExternalMetricSource: Something measured elsewhere.
  metric! MetricIdentifier
  target! MetricTarget
MetricSpec: One measurement and what it should be.
  type! text                                     # Resource, ContainerResource, Pods, Object or External.
  object ObjectMetricSource
  pods PodsMetricSource
  resource ResourceMetricSource
  containerResource ContainerResourceMetricSource
  external ExternalMetricSource
ObjectMetricStatus
  metric! MetricIdentifier
  current! MetricValueStatus
  describedObject! CrossVersionObjectReference
PodsMetricStatus
  metric! MetricIdentifier
  current! MetricValueStatus
ResourceMetricStatus
  name! text
  current! MetricValueStatus
ContainerResourceMetricStatus
  name! text
  current! MetricValueStatus
  container! text
ExternalMetricStatus
  metric! MetricIdentifier
  current! MetricValueStatus
MetricStatus: One measurement and what it is.
  type! text
  object ObjectMetricStatus
  pods PodsMetricStatus
  resource ResourceMetricStatus
  containerResource ContainerResourceMetricStatus
  external ExternalMetricStatus
HPAScalingPolicy: How many pods may come or go within a time.
  type! text                                     # Pods or Percent.
  value! int32
  periodSeconds! int32
HPAScalingRules: How quickly the number of pods changes.
  stabilizationWindowSeconds int32
  selectPolicy text                              # Max, Min or Disabled.
  policies [HPAScalingPolicy] atomic
  tolerance amount
HorizontalPodAutoscalerBehavior: How quickly pods come and go.
  scaleUp HPAScalingRules
  scaleDown HPAScalingRules
HorizontalPodAutoscalerSpec
  scaleTargetRef! CrossVersionObjectReference    # What gets more or fewer pods.
  minReplicas int32
  maxReplicas! int32
  metrics [MetricSpec] atomic                    # What decides; cpu at 80 % where nothing is said.
  behavior HorizontalPodAutoscalerBehavior
HorizontalPodAutoscalerCondition
  type! text
  status! text
  lastTransitionTime time
  reason text
  message text
HorizontalPodAutoscalerStatus
  observedGeneration int
  lastScaleTime time
  currentReplicas int32
  desiredReplicas! int32
  currentMetrics [MetricStatus] atomic
  conditions [HorizontalPodAutoscalerCondition] by:type keys:type
kind HorizontalPodAutoscaler: Changes how many pods something has, by what is measured.
  spec HorizontalPodAutoscalerSpec
  status HorizontalPodAutoscalerStatus
""",
    META,
)
"""By name."""
