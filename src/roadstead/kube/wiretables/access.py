"""Roles and reviews: field numbers of k8s.io/api (generated.proto, 1.34 level); no I/O."""

TABLE = """
PolicyRule 1:verbs=* 2:apiGroups=* 3:resources=* 4:resourceNames=* 5:nonResourceURLs=*
[rbac.authorization.k8s.io/v1]
kind Role 1:metadata=ObjectMeta 2:rules=*PolicyRule
Subject 1:kind 2:apiGroup 3:name 4:namespace
RoleRef 1:apiGroup 2:kind 3:name
kind RoleBinding 1:metadata=ObjectMeta 2:subjects=*Subject 3:roleRef=RoleRef
AggregationRule 1:clusterRoleSelectors=*LabelSelector
kind ClusterRole 1:metadata=ObjectMeta 2:rules=*PolicyRule 3:aggregationRule=AggregationRule!
kind ClusterRoleBinding 1:metadata=ObjectMeta 2:subjects=*Subject 3:roleRef=RoleRef
FieldSelectorRequirement 1:key 2:operator 3:values=*
FieldSelectorAttributes 1:rawSelector 2:requirements=*FieldSelectorRequirement
LabelSelectorAttributes 1:rawSelector 2:requirements=*LabelSelectorRequirement
ResourceAttributes 1:namespace 2:verb 3:group 4:version 5:resource 6:subresource 7:name
  8:fieldSelector=FieldSelectorAttributes! 9:labelSelector=LabelSelectorAttributes!
NonResourceAttributes 1:path 2:verb
SelfSubjectAccessReviewSpec 1:resourceAttributes=ResourceAttributes! 2:nonResourceAttributes=NonResourceAttributes!
SubjectAccessReviewStatus 1:allowed=bool 2:reason 3:evaluationError 4:denied=bool
[authorization.k8s.io/v1]
kind SelfSubjectAccessReview 1:metadata=ObjectMeta 2:spec=SelfSubjectAccessReviewSpec
  3:status=SubjectAccessReviewStatus
SubjectAccessReviewSpec 1:resourceAttributes=ResourceAttributes! 2:nonResourceAttributes=NonResourceAttributes!
  3:user 4:groups=* 5:extra=%texts 6:uid
kind SubjectAccessReview 1:metadata=ObjectMeta 2:spec=SubjectAccessReviewSpec 3:status=SubjectAccessReviewStatus
kind LocalSubjectAccessReview 1:metadata=ObjectMeta 2:spec=SubjectAccessReviewSpec
  3:status=SubjectAccessReviewStatus
SelfSubjectRulesReviewSpec 1:namespace
ResourceRule 1:verbs=* 2:apiGroups=* 3:resources=* 4:resourceNames=*
NonResourceRule 1:verbs=* 2:nonResourceURLs=*
SubjectRulesReviewStatus 1:resourceRules=*ResourceRule 2:nonResourceRules=*NonResourceRule 3:incomplete=bool
  4:evaluationError
kind SelfSubjectRulesReview 1:metadata=ObjectMeta 2:spec=SelfSubjectRulesReviewSpec
  3:status=SubjectRulesReviewStatus
UserInfo 1:username 2:uid 3:groups=* 4:extra=%texts
SelfSubjectReviewStatus 1:userInfo=UserInfo
[authentication.k8s.io/v1]
kind SelfSubjectReview 1:metadata=ObjectMeta 2:status=SelfSubjectReviewStatus
TokenReviewSpec 1:token 2:audiences=*
TokenReviewStatus 1:authenticated=bool 2:user=UserInfo 3:error 4:audiences=*
kind TokenReview 1:metadata=ObjectMeta 2:spec=TokenReviewSpec 3:status=TokenReviewStatus
BoundObjectReference 1:kind 2:apiVersion 3:name 4:uid
TokenRequestSpec 1:audiences=* 3:boundObjectRef=BoundObjectReference! 4:expirationSeconds=int!
TokenRequestStatus 1:token 2:expirationTimestamp=time
kind TokenRequest 1:metadata=ObjectMeta 2:spec=TokenRequestSpec 3:status=TokenRequestStatus
"""
