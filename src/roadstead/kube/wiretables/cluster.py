"""Networking, leases, storage classes: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
ServiceBackendPort 1:name 2:number=int
IngressServiceBackend 1:name 2:port=ServiceBackendPort
IngressBackend 3:resource=TypedLocalObjectReference! 4:service=IngressServiceBackend!
IngressTLS 1:hosts=* 2:secretName
HTTPIngressPath 1:path 2:backend=IngressBackend 3:pathType=!
HTTPIngressRuleValue 1:paths=*HTTPIngressPath
IngressRuleValue 1:http=HTTPIngressRuleValue!
IngressRule 1:host 2:=<IngressRuleValue
IngressSpec 1:defaultBackend=IngressBackend! 2:tls=*IngressTLS 3:rules=*IngressRule 4:ingressClassName=!
IngressPortStatus 1:port=int 2:protocol 3:error=!
IngressLoadBalancerIngress 1:ip 2:hostname 4:ports=*IngressPortStatus
IngressLoadBalancerStatus 1:ingress=*IngressLoadBalancerIngress
IngressStatus 1:loadBalancer=IngressLoadBalancerStatus
[networking.k8s.io/v1]
kind Ingress 1:metadata=ObjectMeta 2:spec=IngressSpec 3:status=IngressStatus
IngressClassParametersReference 1:apiGroup=! 2:kind 3:name 4:scope=! 5:namespace=!
IngressClassSpec 1:controller 2:parameters=IngressClassParametersReference!
kind IngressClass 1:metadata=ObjectMeta 2:spec=IngressClassSpec
NetworkPolicyPort 1:protocol=! 2:port=port! 3:endPort=int!
IPBlock 1:cidr 2:except=*
NetworkPolicyPeer 1:podSelector=LabelSelector! 2:namespaceSelector=LabelSelector! 3:ipBlock=IPBlock!
NetworkPolicyIngressRule 1:ports=*NetworkPolicyPort 2:from=*NetworkPolicyPeer
NetworkPolicyEgressRule 1:ports=*NetworkPolicyPort 2:to=*NetworkPolicyPeer
NetworkPolicySpec 1:podSelector=LabelSelector 2:ingress=*NetworkPolicyIngressRule 3:egress=*NetworkPolicyEgressRule
  4:policyTypes=*
kind NetworkPolicy 1:metadata=ObjectMeta 2:spec=NetworkPolicySpec
EndpointConditions 1:ready=bool! 2:serving=bool! 3:terminating=bool!
ForZone 1:name
ForNode 1:name
EndpointHints 1:forZones=*ForZone 2:forNodes=*ForNode
Endpoint 1:addresses=* 2:conditions=EndpointConditions 3:hostname=! 4:targetRef=ObjectReference!
  5:deprecatedTopology=% 6:nodeName=! 7:zone=! 8:hints=EndpointHints!
DiscoveryEndpointPort 1:name=! 2:protocol=! 3:port=int! 4:appProtocol=!
[discovery.k8s.io/v1]
kind EndpointSlice 1:metadata=ObjectMeta 2:endpoints=*Endpoint 3:ports=*DiscoveryEndpointPort 4:addressType
LeaseSpec 1:holderIdentity=! 2:leaseDurationSeconds=int! 3:acquireTime=microtime! 4:renewTime=microtime!
  5:leaseTransitions=int! 6:strategy=! 7:preferredHolder=!
[coordination.k8s.io/v1]
kind Lease 1:metadata=ObjectMeta 2:spec=LeaseSpec
TopologySelectorLabelRequirement 1:key 2:values=*
TopologySelectorTerm 1:matchLabelExpressions=*TopologySelectorLabelRequirement
[storage.k8s.io/v1]
kind StorageClass 1:metadata=ObjectMeta 2:provisioner 3:parameters=% 4:reclaimPolicy=! 5:mountOptions=*
  6:allowVolumeExpansion=bool! 7:volumeBindingMode=! 8:allowedTopologies=*TopologySelectorTerm
"""
