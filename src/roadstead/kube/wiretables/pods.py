"""Pods and what they mount: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
HostPathVolumeSource 1:path 2:type=!
EmptyDirVolumeSource 1:medium 2:sizeLimit=quantity!
GCEPersistentDiskVolumeSource 1:pdName 2:fsType 3:partition=int 4:readOnly=bool
AWSElasticBlockStoreVolumeSource 1:volumeID 2:fsType 3:partition=int 4:readOnly=bool
GitRepoVolumeSource 1:repository 2:revision 3:directory
KeyToPath 1:key 2:path 3:mode=int!
SecretVolumeSource 1:secretName 2:items=*KeyToPath 3:defaultMode=int! 4:optional=bool!
NFSVolumeSource 1:server 2:path 3:readOnly=bool
LocalObjectReference 1:name
ISCSIVolumeSource 1:targetPortal 2:iqn 3:lun=int 4:iscsiInterface 5:fsType 6:readOnly=bool 7:portals=*
  8:chapAuthDiscovery=bool 10:secretRef=LocalObjectReference! 11:chapAuthSession=bool 12:initiatorName=!
GlusterfsVolumeSource 1:endpoints 2:path 3:readOnly=bool
PersistentVolumeClaimVolumeSource 1:claimName 2:readOnly=bool
RBDVolumeSource 1:monitors=* 2:image 3:fsType 4:pool 5:user 6:keyring 7:secretRef=LocalObjectReference!
  8:readOnly=bool
FlexVolumeSource 1:driver 2:fsType 3:secretRef=LocalObjectReference! 4:readOnly=bool 5:options=%
CinderVolumeSource 1:volumeID 2:fsType 3:readOnly=bool 4:secretRef=LocalObjectReference!
CephFSVolumeSource 1:monitors=* 2:path 3:user 4:secretFile 5:secretRef=LocalObjectReference! 6:readOnly=bool
FlockerVolumeSource 1:datasetName 2:datasetUUID
ObjectFieldSelector 1:apiVersion 2:fieldPath
ResourceFieldSelector 1:containerName 2:resource 3:divisor=quantity
DownwardAPIVolumeFile 1:path 2:fieldRef=ObjectFieldSelector! 3:resourceFieldRef=ResourceFieldSelector! 4:mode=int!
DownwardAPIVolumeSource 1:items=*DownwardAPIVolumeFile 2:defaultMode=int!
FCVolumeSource 1:targetWWNs=* 2:lun=int! 3:fsType 4:readOnly=bool 5:wwids=*
AzureFileVolumeSource 1:secretName 2:shareName 3:readOnly=bool
ConfigMapVolumeSource 1:=<LocalObjectReference 2:items=*KeyToPath 3:defaultMode=int! 4:optional=bool!
VsphereVirtualDiskVolumeSource 1:volumePath 2:fsType 3:storagePolicyName 4:storagePolicyID
QuobyteVolumeSource 1:registry 2:volume 3:readOnly=bool 4:user 5:group 6:tenant
AzureDiskVolumeSource 1:diskName 2:diskURI 3:cachingMode=! 4:fsType=! 5:readOnly=bool! 6:kind=!
PhotonPersistentDiskVolumeSource 1:pdID 2:fsType
SecretProjection 1:=<LocalObjectReference 2:items=*KeyToPath 4:optional=bool!
DownwardAPIProjection 1:items=*DownwardAPIVolumeFile
ConfigMapProjection 1:=<LocalObjectReference 2:items=*KeyToPath 4:optional=bool!
ServiceAccountTokenProjection 1:audience 2:expirationSeconds=int! 3:path
ClusterTrustBundleProjection 1:name=! 2:signerName=! 3:labelSelector=LabelSelector! 4:path 5:optional=bool!
PodCertificateProjection 1:signerName 2:keyType 3:maxExpirationSeconds=int! 4:credentialBundlePath 5:keyPath
  6:certificateChainPath
VolumeProjection 1:secret=SecretProjection! 2:downwardAPI=DownwardAPIProjection! 3:configMap=ConfigMapProjection!
  4:serviceAccountToken=ServiceAccountTokenProjection! 5:clusterTrustBundle=ClusterTrustBundleProjection!
  6:podCertificate=PodCertificateProjection!
ProjectedVolumeSource 1:sources=*VolumeProjection 2:defaultMode=int!
PortworxVolumeSource 1:volumeID 2:fsType 3:readOnly=bool
ScaleIOVolumeSource 1:gateway 2:system 3:secretRef=LocalObjectReference! 4:sslEnabled=bool 5:protectionDomain
  6:storagePool 7:storageMode 8:volumeName 9:fsType 10:readOnly=bool
StorageOSVolumeSource 1:volumeName 2:volumeNamespace 3:fsType 4:readOnly=bool 5:secretRef=LocalObjectReference!
CSIVolumeSource 1:driver 2:readOnly=bool! 3:fsType=! 4:volumeAttributes=%
  5:nodePublishSecretRef=LocalObjectReference!
VolumeResourceRequirements 1:limits=%quantity 2:requests=%quantity
TypedLocalObjectReference 1:apiGroup=! 2:kind 3:name
TypedObjectReference 1:apiGroup=! 2:kind 3:name 4:namespace=!
PersistentVolumeClaimSpec 1:accessModes=* 2:resources=VolumeResourceRequirements 3:volumeName
  4:selector=LabelSelector! 5:storageClassName=! 6:volumeMode=! 7:dataSource=TypedLocalObjectReference!
  8:dataSourceRef=TypedObjectReference! 9:volumeAttributesClassName=!
PersistentVolumeClaimTemplate 1:metadata=ObjectMeta 2:spec=PersistentVolumeClaimSpec
EphemeralVolumeSource 1:volumeClaimTemplate=PersistentVolumeClaimTemplate!
ImageVolumeSource 1:reference 2:pullPolicy
VolumeSource 1:hostPath=HostPathVolumeSource! 2:emptyDir=EmptyDirVolumeSource!
  3:gcePersistentDisk=GCEPersistentDiskVolumeSource! 4:awsElasticBlockStore=AWSElasticBlockStoreVolumeSource!
  5:gitRepo=GitRepoVolumeSource! 6:secret=SecretVolumeSource! 7:nfs=NFSVolumeSource! 8:iscsi=ISCSIVolumeSource!
  9:glusterfs=GlusterfsVolumeSource! 10:persistentVolumeClaim=PersistentVolumeClaimVolumeSource!
  11:rbd=RBDVolumeSource! 12:flexVolume=FlexVolumeSource! 13:cinder=CinderVolumeSource!
  14:cephfs=CephFSVolumeSource! 15:flocker=FlockerVolumeSource! 16:downwardAPI=DownwardAPIVolumeSource!
  17:fc=FCVolumeSource! 18:azureFile=AzureFileVolumeSource! 19:configMap=ConfigMapVolumeSource!
  20:vsphereVolume=VsphereVirtualDiskVolumeSource! 21:quobyte=QuobyteVolumeSource!
  22:azureDisk=AzureDiskVolumeSource! 23:photonPersistentDisk=PhotonPersistentDiskVolumeSource!
  24:portworxVolume=PortworxVolumeSource! 25:scaleIO=ScaleIOVolumeSource! 26:projected=ProjectedVolumeSource!
  27:storageos=StorageOSVolumeSource! 28:csi=CSIVolumeSource! 29:ephemeral=EphemeralVolumeSource!
  30:image=ImageVolumeSource!
Volume 1:name 2:=<VolumeSource
ContainerPort 1:name 2:hostPort=int 3:containerPort=int 4:protocol 5:hostIP
ConfigMapEnvSource 1:=<LocalObjectReference 2:optional=bool!
SecretEnvSource 1:=<LocalObjectReference 2:optional=bool!
EnvFromSource 1:prefix 2:configMapRef=ConfigMapEnvSource! 3:secretRef=SecretEnvSource!
ConfigMapKeySelector 1:=<LocalObjectReference 2:key 3:optional=bool!
SecretKeySelector 1:=<LocalObjectReference 2:key 3:optional=bool!
FileKeySelector 1:volumeName 2:path 3:key 4:optional=bool!
EnvVarSource 1:fieldRef=ObjectFieldSelector! 2:resourceFieldRef=ResourceFieldSelector!
  3:configMapKeyRef=ConfigMapKeySelector! 4:secretKeyRef=SecretKeySelector! 5:fileKeyRef=FileKeySelector!
EnvVar 1:name 2:value 3:valueFrom=EnvVarSource!
ResourceClaim 1:name 2:request
ResourceRequirements 1:limits=%quantity 2:requests=%quantity 3:claims=*ResourceClaim
ContainerResizePolicy 1:resourceName 2:restartPolicy
ContainerRestartRuleOnExitCodes 1:operator 2:values=*int
ContainerRestartRule 1:action 2:exitCodes=ContainerRestartRuleOnExitCodes!
VolumeMount 1:name 2:readOnly=bool 3:mountPath 4:subPath 5:mountPropagation=! 6:subPathExpr 7:recursiveReadOnly=!
VolumeDevice 1:name 2:devicePath
ExecAction 1:command=*
HTTPHeader 1:name 2:value
HTTPGetAction 1:path 2:port=port 3:host 4:scheme 5:httpHeaders=*HTTPHeader
TCPSocketAction 1:port=port 2:host
GRPCAction 1:port=int 2:service=!
ProbeHandler 1:exec=ExecAction! 2:httpGet=HTTPGetAction! 3:tcpSocket=TCPSocketAction! 4:grpc=GRPCAction!
Probe 1:=<ProbeHandler 2:initialDelaySeconds=int 3:timeoutSeconds=int 4:periodSeconds=int 5:successThreshold=int
  6:failureThreshold=int 7:terminationGracePeriodSeconds=int!
SleepAction 1:seconds=int
LifecycleHandler 1:exec=ExecAction! 2:httpGet=HTTPGetAction! 3:tcpSocket=TCPSocketAction! 4:sleep=SleepAction!
Lifecycle 1:postStart=LifecycleHandler! 2:preStop=LifecycleHandler! 3:stopSignal=!
Capabilities 1:add=* 2:drop=*
SELinuxOptions 1:user 2:role 3:type 4:level
WindowsSecurityContextOptions 1:gmsaCredentialSpecName=! 2:gmsaCredentialSpec=! 3:runAsUserName=!
  4:hostProcess=bool!
SeccompProfile 1:type 2:localhostProfile=!
AppArmorProfile 1:type 2:localhostProfile=!
SecurityContext 1:capabilities=Capabilities! 2:privileged=bool! 3:seLinuxOptions=SELinuxOptions! 4:runAsUser=int!
  5:runAsNonRoot=bool! 6:readOnlyRootFilesystem=bool! 7:allowPrivilegeEscalation=bool! 8:runAsGroup=int!
  9:procMount=! 10:windowsOptions=WindowsSecurityContextOptions! 11:seccompProfile=SeccompProfile!
  12:appArmorProfile=AppArmorProfile!
Container 1:name 2:image 3:command=* 4:args=* 5:workingDir 6:ports=*ContainerPort 7:env=*EnvVar
  8:resources=ResourceRequirements 9:volumeMounts=*VolumeMount 10:livenessProbe=Probe! 11:readinessProbe=Probe!
  12:lifecycle=Lifecycle! 13:terminationMessagePath 14:imagePullPolicy 15:securityContext=SecurityContext!
  16:stdin=bool 17:stdinOnce=bool 18:tty=bool 19:envFrom=*EnvFromSource 20:terminationMessagePolicy
  21:volumeDevices=*VolumeDevice 22:startupProbe=Probe! 23:resizePolicy=*ContainerResizePolicy 24:restartPolicy=!
  25:restartPolicyRules=*ContainerRestartRule
EphemeralContainerCommon 1:name 2:image 3:command=* 4:args=* 5:workingDir 6:ports=*ContainerPort 7:env=*EnvVar
  8:resources=ResourceRequirements 9:volumeMounts=*VolumeMount 10:livenessProbe=Probe! 11:readinessProbe=Probe!
  12:lifecycle=Lifecycle! 13:terminationMessagePath 14:imagePullPolicy 15:securityContext=SecurityContext!
  16:stdin=bool 17:stdinOnce=bool 18:tty=bool 19:envFrom=*EnvFromSource 20:terminationMessagePolicy
  21:volumeDevices=*VolumeDevice 22:startupProbe=Probe! 23:resizePolicy=*ContainerResizePolicy 24:restartPolicy=!
  25:restartPolicyRules=*ContainerRestartRule
EphemeralContainer 1:=<EphemeralContainerCommon 2:targetContainerName
Sysctl 1:name 2:value
PodSecurityContext 1:seLinuxOptions=SELinuxOptions! 2:runAsUser=int! 3:runAsNonRoot=bool! 4:supplementalGroups=*int
  5:fsGroup=int! 6:runAsGroup=int! 7:sysctls=*Sysctl 8:windowsOptions=WindowsSecurityContextOptions!
  9:fsGroupChangePolicy=! 10:seccompProfile=SeccompProfile! 11:appArmorProfile=AppArmorProfile!
  12:supplementalGroupsPolicy=! 13:seLinuxChangePolicy=!
NodeSelectorRequirement 1:key 2:operator 3:values=*
NodeSelectorTerm 1:matchExpressions=*NodeSelectorRequirement 2:matchFields=*NodeSelectorRequirement
NodeSelector 1:nodeSelectorTerms=*NodeSelectorTerm
PreferredSchedulingTerm 1:weight=int 2:preference=NodeSelectorTerm
NodeAffinity 1:requiredDuringSchedulingIgnoredDuringExecution=NodeSelector!
  2:preferredDuringSchedulingIgnoredDuringExecution=*PreferredSchedulingTerm
PodAffinityTerm 1:labelSelector=LabelSelector! 2:namespaces=* 3:topologyKey 4:namespaceSelector=LabelSelector!
  5:matchLabelKeys=* 6:mismatchLabelKeys=*
WeightedPodAffinityTerm 1:weight=int 2:podAffinityTerm=PodAffinityTerm
PodAffinity 1:requiredDuringSchedulingIgnoredDuringExecution=*PodAffinityTerm
  2:preferredDuringSchedulingIgnoredDuringExecution=*WeightedPodAffinityTerm
PodAntiAffinity 1:requiredDuringSchedulingIgnoredDuringExecution=*PodAffinityTerm
  2:preferredDuringSchedulingIgnoredDuringExecution=*WeightedPodAffinityTerm
Affinity 1:nodeAffinity=NodeAffinity! 2:podAffinity=PodAffinity! 3:podAntiAffinity=PodAntiAffinity!
Toleration 1:key 2:operator 3:value 4:effect 5:tolerationSeconds=int!
HostAlias 1:ip 2:hostnames=*
PodDNSConfigOption 1:name 2:value=!
PodDNSConfig 1:nameservers=* 2:searches=* 3:options=*PodDNSConfigOption
PodReadinessGate 1:conditionType
TopologySpreadConstraint 1:maxSkew=int 2:topologyKey 3:whenUnsatisfiable 4:labelSelector=LabelSelector!
  5:minDomains=int! 6:nodeAffinityPolicy=! 7:nodeTaintsPolicy=! 8:matchLabelKeys=*
PodOS 1:name
PodSchedulingGate 1:name
PodResourceClaim 1:name 3:resourceClaimName=! 4:resourceClaimTemplateName=!
PodSpec 1:volumes=*Volume 2:containers=*Container 3:restartPolicy 4:terminationGracePeriodSeconds=int!
  5:activeDeadlineSeconds=int! 6:dnsPolicy 7:nodeSelector=% 8:serviceAccountName 9:serviceAccount 10:nodeName
  11:hostNetwork=bool 12:hostPID=bool 13:hostIPC=bool 14:securityContext=PodSecurityContext!
  15:imagePullSecrets=*LocalObjectReference 16:hostname 17:subdomain 18:affinity=Affinity! 19:schedulerName
  20:initContainers=*Container 21:automountServiceAccountToken=bool! 22:tolerations=*Toleration
  23:hostAliases=*HostAlias 24:priorityClassName 25:priority=int! 26:dnsConfig=PodDNSConfig!
  27:shareProcessNamespace=bool! 28:readinessGates=*PodReadinessGate 29:runtimeClassName=!
  30:enableServiceLinks=bool! 31:preemptionPolicy=! 32:overhead=%quantity
  33:topologySpreadConstraints=*TopologySpreadConstraint 34:ephemeralContainers=*EphemeralContainer
  35:setHostnameAsFQDN=bool! 36:os=PodOS! 37:hostUsers=bool! 38:schedulingGates=*PodSchedulingGate
  39:resourceClaims=*PodResourceClaim 40:resources=ResourceRequirements! 41:hostnameOverride=!
PodTemplateSpec 1:metadata=ObjectMeta 2:spec=PodSpec
"""
