"""The core group: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
PodCondition 1:type 2:status 3:lastProbeTime=time 4:lastTransitionTime=time 5:reason 6:message
  7:observedGeneration=int
HostIP 1:ip
PodIP 1:ip
ContainerStateWaiting 1:reason 2:message
ContainerStateRunning 1:startedAt=time
ContainerStateTerminated 1:exitCode=int 2:signal=int 3:reason 4:message 5:startedAt=time 6:finishedAt=time
  7:containerID
ContainerState 1:waiting=ContainerStateWaiting! 2:running=ContainerStateRunning!
  3:terminated=ContainerStateTerminated!
VolumeMountStatus 1:name 2:mountPath 3:readOnly=bool 4:recursiveReadOnly=!
LinuxContainerUser 1:uid=int 2:gid=int 3:supplementalGroups=*int
ContainerUser 1:linux=LinuxContainerUser!
ResourceHealth 1:resourceID 2:health
ResourceStatus 1:name 2:resources=*ResourceHealth
ContainerStatus 1:name 2:state=ContainerState 3:lastState=ContainerState 4:ready=bool 5:restartCount=int 6:image
  7:imageID 8:containerID 9:started=bool! 10:allocatedResources=%quantity 11:resources=ResourceRequirements!
  12:volumeMounts=*VolumeMountStatus 13:user=ContainerUser! 14:allocatedResourcesStatus=*ResourceStatus
  15:stopSignal=!
PodResourceClaimStatus 1:name 2:resourceClaimName=!
ContainerExtendedResourceRequest 1:containerName 2:resourceName 3:requestName
PodExtendedResourceClaimStatus 1:requestMappings=*ContainerExtendedResourceRequest 2:resourceClaimName
PodStatus 1:phase 2:conditions=*PodCondition 3:message 4:reason 5:hostIP 6:podIP 7:startTime=time!
  8:containerStatuses=*ContainerStatus 9:qosClass 10:initContainerStatuses=*ContainerStatus 11:nominatedNodeName
  12:podIPs=*PodIP 13:ephemeralContainerStatuses=*ContainerStatus 14:resize
  15:resourceClaimStatuses=*PodResourceClaimStatus 16:hostIPs=*HostIP 17:observedGeneration=int
  18:extendedResourceClaimStatus=PodExtendedResourceClaimStatus!
[v1]
kind Pod 1:metadata=ObjectMeta 2:spec=PodSpec 3:status=PodStatus
kind PodTemplate 1:metadata=ObjectMeta 2:template=PodTemplateSpec
ServicePort 1:name 2:protocol 3:port=int 4:targetPort=port 5:nodePort=int 6:appProtocol=!
ClientIPConfig 1:timeoutSeconds=int!
SessionAffinityConfig 1:clientIP=ClientIPConfig!
ServiceSpec 1:ports=*ServicePort 2:selector=% 3:clusterIP 4:type 5:externalIPs=* 7:sessionAffinity 8:loadBalancerIP
  9:loadBalancerSourceRanges=* 10:externalName 11:externalTrafficPolicy 12:healthCheckNodePort=int
  13:publishNotReadyAddresses=bool 14:sessionAffinityConfig=SessionAffinityConfig! 17:ipFamilyPolicy=!
  18:clusterIPs=* 19:ipFamilies=* 20:allocateLoadBalancerNodePorts=bool! 21:loadBalancerClass=!
  22:internalTrafficPolicy=! 23:trafficDistribution=!
PortStatus 1:port=int 2:protocol 3:error=!
LoadBalancerIngress 1:ip 2:hostname 3:ipMode=! 4:ports=*PortStatus
LoadBalancerStatus 1:ingress=*LoadBalancerIngress
ServiceStatus 1:loadBalancer=LoadBalancerStatus 2:conditions=*Condition
kind Service 1:metadata=ObjectMeta 2:spec=ServiceSpec 3:status=ServiceStatus
ObjectReference 1:kind 2:namespace 3:name 4:uid 5:apiVersion 6:resourceVersion 7:fieldPath
EndpointAddress 1:ip 2:targetRef=ObjectReference! 3:hostname 4:nodeName=!
EndpointPort 1:name 2:port=int 3:protocol 4:appProtocol=!
EndpointSubset 1:addresses=*EndpointAddress 2:notReadyAddresses=*EndpointAddress 3:ports=*EndpointPort
kind Endpoints 1:metadata=ObjectMeta 2:subsets=*EndpointSubset
EventSource 1:component 2:host
EventSeries 1:count=int 2:lastObservedTime=microtime
kind Event 1:metadata=ObjectMeta 2:involvedObject=ObjectReference 3:reason 4:message 5:source=EventSource
  6:firstTimestamp=time 7:lastTimestamp=time 8:count=int 9:type 10:eventTime=microtime 11:series=EventSeries!
  12:action 13:related=ObjectReference! 14:reportingComponent 15:reportingInstance
PersistentVolumeClaimCondition 1:type 2:status 3:lastProbeTime=time 4:lastTransitionTime=time 5:reason 6:message
ModifyVolumeStatus 1:targetVolumeAttributesClassName 2:status
PersistentVolumeClaimStatus 1:phase 2:accessModes=* 3:capacity=%quantity
  4:conditions=*PersistentVolumeClaimCondition 5:allocatedResources=%quantity 7:allocatedResourceStatuses=%
  8:currentVolumeAttributesClassName=! 9:modifyVolumeStatus=ModifyVolumeStatus!
kind PersistentVolumeClaim 1:metadata=ObjectMeta 2:spec=PersistentVolumeClaimSpec
  3:status=PersistentVolumeClaimStatus
ReplicationControllerSpec 1:replicas=int! 2:selector=% 3:template=PodTemplateSpec! 4:minReadySeconds=int
ReplicationControllerCondition 1:type 2:status 3:lastTransitionTime=time 4:reason 5:message
ReplicationControllerStatus 1:replicas=int 2:fullyLabeledReplicas=int 3:observedGeneration=int 4:readyReplicas=int
  5:availableReplicas=int 6:conditions=*ReplicationControllerCondition
kind ReplicationController 1:metadata=ObjectMeta 2:spec=ReplicationControllerSpec
  3:status=ReplicationControllerStatus
NamespaceSpec 1:finalizers=*
NamespaceCondition 1:type 2:status 4:lastTransitionTime=time 5:reason 6:message
NamespaceStatus 1:phase 2:conditions=*NamespaceCondition
kind Namespace 1:metadata=ObjectMeta 2:spec=NamespaceSpec 3:status=NamespaceStatus
kind ConfigMap 1:metadata=ObjectMeta 2:data=% 3:binaryData=%bytes 4:immutable=bool!
kind Secret 1:metadata=ObjectMeta 2:data=%bytes 3:type 4:stringData=% 5:immutable=bool!
kind ServiceAccount 1:metadata=ObjectMeta 2:secrets=*ObjectReference 3:imagePullSecrets=*LocalObjectReference
  4:automountServiceAccountToken=bool!
LimitRangeItem 1:type 2:max=%quantity 3:min=%quantity 4:default=%quantity 5:defaultRequest=%quantity
  6:maxLimitRequestRatio=%quantity
LimitRangeSpec 1:limits=*LimitRangeItem
kind LimitRange 1:metadata=ObjectMeta 2:spec=LimitRangeSpec
ScopedResourceSelectorRequirement 1:scopeName 2:operator 3:values=*
ScopeSelector 1:matchExpressions=*ScopedResourceSelectorRequirement
ResourceQuotaSpec 1:hard=%quantity 2:scopes=* 3:scopeSelector=ScopeSelector!
ResourceQuotaStatus 1:hard=%quantity 2:used=%quantity
kind ResourceQuota 1:metadata=ObjectMeta 2:spec=ResourceQuotaSpec 3:status=ResourceQuotaStatus
"""
