"""What messages of every group are made of: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
OwnerReference 1:kind 3:name 4:uid 5:apiVersion 6:controller=bool! 7:blockOwnerDeletion=bool!
ObjectMeta 1:name 2:generateName 3:namespace 4:selfLink 5:uid 6:resourceVersion 7:generation=int
  8:creationTimestamp=time 9:deletionTimestamp=time! 10:deletionGracePeriodSeconds=int! 11:labels=% 12:annotations=%
  13:ownerReferences=*OwnerReference 14:finalizers=*
LabelSelectorRequirement 1:key 2:operator 3:values=*
LabelSelector 1:matchLabels=% 2:matchExpressions=*LabelSelectorRequirement
Condition 1:type 2:status 3:observedGeneration=int 4:lastTransitionTime=time 5:reason 6:message
"""
