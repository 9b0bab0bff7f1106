"""What keeps pods running: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
RollingUpdateDeployment 1:maxUnavailable=port! 2:maxSurge=port!
DeploymentStrategy 1:type 2:rollingUpdate=RollingUpdateDeployment!
DeploymentSpec 1:replicas=int! 2:selector=LabelSelector! 3:template=PodTemplateSpec 4:strategy=DeploymentStrategy
  5:minReadySeconds=int 6:revisionHistoryLimit=int! 7:paused=bool 9:progressDeadlineSeconds=int!
DeploymentCondition 1:type 2:status 4:reason 5:message 6:lastUpdateTime=time 7:lastTransitionTime=time
DeploymentStatus 1:observedGeneration=int 2:replicas=int 3:updatedReplicas=int 4:availableReplicas=int
  5:unavailableReplicas=int 6:conditions=*DeploymentCondition 7:readyReplicas=int 8:collisionCount=int!
  9:terminatingReplicas=int!
[apps/v1]
kind Deployment 1:metadata=ObjectMeta 2:spec=DeploymentSpec 3:status=DeploymentStatus
ReplicaSetSpec 1:replicas=int! 2:selector=LabelSelector! 3:template=PodTemplateSpec 4:minReadySeconds=int
ReplicaSetCondition 1:type 2:status 3:lastTransitionTime=time 4:reason 5:message
ReplicaSetStatus 1:replicas=int 2:fullyLabeledReplicas=int 3:observedGeneration=int 4:readyReplicas=int
  5:availableReplicas=int 6:conditions=*ReplicaSetCondition 7:terminatingReplicas=int!
kind ReplicaSet 1:metadata=ObjectMeta 2:spec=ReplicaSetSpec 3:status=ReplicaSetStatus
RollingUpdateStatefulSetStrategy 1:partition=int! 2:maxUnavailable=port!
StatefulSetUpdateStrategy 1:type 2:rollingUpdate=RollingUpdateStatefulSetStrategy!
StatefulSetPersistentVolumeClaimRetentionPolicy 1:whenDeleted 2:whenScaled
StatefulSetOrdinals 1:start=int
StatefulSetSpec 1:replicas=int! 2:selector=LabelSelector! 3:template=PodTemplateSpec
  4:volumeClaimTemplates=*PersistentVolumeClaim 5:serviceName 6:podManagementPolicy
  7:updateStrategy=StatefulSetUpdateStrategy 8:revisionHistoryLimit=int! 9:minReadySeconds=int
  10:persistentVolumeClaimRetentionPolicy=StatefulSetPersistentVolumeClaimRetentionPolicy!
  11:ordinals=StatefulSetOrdinals!
StatefulSetCondition 1:type 2:status 3:lastTransitionTime=time 4:reason 5:message
StatefulSetStatus 1:observedGeneration=int 2:replicas=int 3:readyReplicas=int 4:currentReplicas=int
  5:updatedReplicas=int 6:currentRevision 7:updateRevision 9:collisionCount=int! 10:conditions=*StatefulSetCondition
  11:availableReplicas=int
kind StatefulSet 1:metadata=ObjectMeta 2:spec=StatefulSetSpec 3:status=StatefulSetStatus
RollingUpdateDaemonSet 1:maxUnavailable=port! 2:maxSurge=port!
DaemonSetUpdateStrategy 1:type 2:rollingUpdate=RollingUpdateDaemonSet!
DaemonSetSpec 1:selector=LabelSelector! 2:template=PodTemplateSpec 3:updateStrategy=DaemonSetUpdateStrategy
  4:minReadySeconds=int 6:revisionHistoryLimit=int!
DaemonSetCondition 1:type 2:status 3:lastTransitionTime=time 4:reason 5:message
DaemonSetStatus 1:currentNumberScheduled=int 2:numberMisscheduled=int 3:desiredNumberScheduled=int 4:numberReady=int
  5:observedGeneration=int 6:updatedNumberScheduled=int 7:numberAvailable=int 8:numberUnavailable=int
  9:collisionCount=int! 10:conditions=*DaemonSetCondition
kind DaemonSet 1:metadata=ObjectMeta 2:spec=DaemonSetSpec 3:status=DaemonSetStatus
kind ControllerRevision 1:metadata=ObjectMeta 2:data=raw 3:revision=int
PodFailurePolicyOnExitCodesRequirement 1:containerName=! 2:operator 3:values=*int
PodFailurePolicyOnPodConditionsPattern 1:type 2:status
PodFailurePolicyRule 1:action 2:onExitCodes=PodFailurePolicyOnExitCodesRequirement!
  3:onPodConditions=*PodFailurePolicyOnPodConditionsPattern
PodFailurePolicy 1:rules=*PodFailurePolicyRule
SuccessPolicyRule 1:succeededIndexes=! 2:succeededCount=int!
SuccessPolicy 1:rules=*SuccessPolicyRule
JobSpec 1:parallelism=int! 2:completions=int! 3:activeDeadlineSeconds=int! 4:selector=LabelSelector!
  5:manualSelector=bool! 6:template=PodTemplateSpec 7:backoffLimit=int! 8:ttlSecondsAfterFinished=int!
  9:completionMode=! 10:suspend=bool! 11:podFailurePolicy=PodFailurePolicy! 12:backoffLimitPerIndex=int!
  13:maxFailedIndexes=int! 14:podReplacementPolicy=! 15:managedBy=! 16:successPolicy=SuccessPolicy!
JobCondition 1:type 2:status 3:lastProbeTime=time 4:lastTransitionTime=time 5:reason 6:message
UncountedTerminatedPods 1:succeeded=* 2:failed=*
JobStatus 1:conditions=*JobCondition 2:startTime=time! 3:completionTime=time! 4:active=int 5:succeeded=int
  6:failed=int 7:completedIndexes 8:uncountedTerminatedPods=UncountedTerminatedPods! 9:ready=int! 10:failedIndexes=!
  11:terminating=int!
[batch/v1]
kind Job 1:metadata=ObjectMeta 2:spec=JobSpec 3:status=JobStatus
JobTemplateSpec 1:metadata=ObjectMeta 2:spec=JobSpec
CronJobSpec 1:schedule 2:startingDeadlineSeconds=int! 3:concurrencyPolicy 4:suspend=bool!
  5:jobTemplate=JobTemplateSpec 6:successfulJobsHistoryLimit=int! 7:failedJobsHistoryLimit=int! 8:timeZone=!
CronJobStatus 1:active=*ObjectReference 4:lastScheduleTime=time! 5:lastSuccessfulTime=time!
kind CronJob 1:metadata=ObjectMeta 2:spec=CronJobSpec 3:status=CronJobStatus
PodDisruptionBudgetSpec 1:minAvailable=port! 2:selector=LabelSelector! 3:maxUnavailable=port!
  4:unhealthyPodEvictionPolicy=!
PodDisruptionBudgetStatus 1:observedGeneration=int 2:disruptedPods=%time 3:disruptionsAllowed=int
  4:currentHealthy=int 5:desiredHealthy=int 6:expectedPods=int 7:conditions=*Condition
[policy/v1]
kind PodDisruptionBudget 1:metadata=ObjectMeta 2:spec=PodDisruptionBudgetSpec 3:status=PodDisruptionBudgetStatus
Preconditions 1:uid=! 2:resourceVersion=!
[*]
kind DeleteOptions 1:gracePeriodSeconds=int! 2:preconditions=Preconditions! 3:orphanDependents=bool!
  4:propagationPolicy=! 5:dryRun=* 6:ignoreStoreReadErrorWithClusterBreakingPotential=bool!
[policy/v1]
kind Eviction 1:metadata=ObjectMeta 2:deleteOptions=DeleteOptions!
ScaleSpec 1:replicas=int
ScaleStatus 1:replicas=int 2:selector
[autoscaling/v1]
kind Scale 1:metadata=ObjectMeta 2:spec=ScaleSpec 3:status=ScaleStatus
[autoscaling/v1]
CrossVersionObjectReference 1:kind 2:name 3:apiVersion
HorizontalPodAutoscalerSpec 1:scaleTargetRef=CrossVersionObjectReference 2:minReplicas=int! 3:maxReplicas=int
  4:targetCPUUtilizationPercentage=int!
HorizontalPodAutoscalerStatus 1:observedGeneration=int! 2:lastScaleTime=time! 3:currentReplicas=int
  4:desiredReplicas=int 5:currentCPUUtilizationPercentage=int!
kind HorizontalPodAutoscaler 1:metadata=ObjectMeta 2:spec=HorizontalPodAutoscalerSpec
  3:status=HorizontalPodAutoscalerStatus
[autoscaling/v2]
MetricIdentifier 1:name 2:selector=LabelSelector!
MetricTarget 1:type 2:value=quantity! 3:averageValue=quantity! 4:averageUtilization=int!
MetricValueStatus 1:value=quantity! 2:averageValue=quantity! 3:averageUtilization=int!
ObjectMetricSource 1:describedObject=CrossVersionObjectReference 2:target=MetricTarget 3:metric=MetricIdentifier
PodsMetricSource 1:metric=MetricIdentifier 2:target=MetricTarget
ResourceMetricSource 1:name 2:target=MetricTarget
ContainerResourceMetricSource 1:name 2:target=MetricTarget 3:container
ExternalMetricSource 1:metric=MetricIdentifier 2:target=MetricTarget
MetricSpec 1:type 2:object=ObjectMetricSource! 3:pods=PodsMetricSource! 4:resource=ResourceMetricSource!
  5:external=ExternalMetricSource! 7:containerResource=ContainerResourceMetricSource!
HPAScalingPolicy 1:type 2:value=int 3:periodSeconds=int
HPAScalingRules 1:selectPolicy=! 2:policies=*HPAScalingPolicy 3:stabilizationWindowSeconds=int! 4:tolerance=quantity!
HorizontalPodAutoscalerBehavior 1:scaleUp=HPAScalingRules! 2:scaleDown=HPAScalingRules!
HorizontalPodAutoscalerSpec 1:scaleTargetRef=CrossVersionObjectReference 2:minReplicas=int! 3:maxReplicas=int
  4:metrics=*MetricSpec 5:behavior=HorizontalPodAutoscalerBehavior!
ObjectMetricStatus 1:metric=MetricIdentifier 2:current=MetricValueStatus 3:describedObject=CrossVersionObjectReference
PodsMetricStatus 1:metric=MetricIdentifier 2:current=MetricValueStatus
ResourceMetricStatus 1:name 2:current=MetricValueStatus
ContainerResourceMetricStatus 1:name 2:current=MetricValueStatus 3:container
ExternalMetricStatus 1:metric=MetricIdentifier 2:current=MetricValueStatus
MetricStatus 1:type 2:object=ObjectMetricStatus! 3:pods=PodsMetricStatus! 4:resource=ResourceMetricStatus!
  5:external=ExternalMetricStatus! 7:containerResource=ContainerResourceMetricStatus!
HorizontalPodAutoscalerCondition 1:type 2:status 3:lastTransitionTime=time 4:reason 5:message
HorizontalPodAutoscalerStatus 1:observedGeneration=int! 2:lastScaleTime=time! 3:currentReplicas=int
  4:desiredReplicas=int 5:currentMetrics=*MetricStatus 6:conditions=*HorizontalPodAutoscalerCondition
kind HorizontalPodAutoscaler 1:metadata=ObjectMeta 2:spec=HorizontalPodAutoscalerSpec
  3:status=HorizontalPodAutoscalerStatus
[scheduling.k8s.io/v1]
kind PriorityClass 1:metadata=ObjectMeta 2:value=int 3:globalDefault=bool 4:description 5:preemptionPolicy=!
"""
