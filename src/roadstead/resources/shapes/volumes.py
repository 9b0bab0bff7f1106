"""What a pod can mount; no I/O."""

from roadstead.kube.objectmeta import CORE_PACKAGE
from roadstead.kube.shapetables import read
from roadstead.resources.shapes.meta import META

VOLUMES = read(
    CORE_PACKAGE,
    """
LocalObjectReference atomic: Another object of the same namespace.
  name text                                      # Its name.
TypedLocalObjectReference atomic: Another object of the same namespace, of any kind.
  apiGroup text
  kind! text
  name! text
TypedObjectReference: Another object of any kind.
  apiGroup text
  kind! text
  name! text
  namespace text
SecretReference atomic: A secret somewhere.
  name text
  namespace text
KeyToPath: One entry, put into a file.
  key! text                                      # The entry.
  mode int32                                     # Permission bits of the file.
  path! text                                     # The file, below the mount.
SecretVolumeSource: The entries of a secret as files.
  secretName text                                # The secret.
  items [KeyToPath] atomic                       # Only these entries.
  defaultMode int32                              # Permission bits of the files.
  optional bool                                  # The pod may start without it.
ConfigMapVolumeSource: The entries of a config map as files.
  name text                                      # The config map.
  items [KeyToPath] atomic                       # Only these entries.
  defaultMode int32                              # Permission bits of the files.
  optional bool                                  # The pod may start without it.
EmptyDirVolumeSource: A folder that lives as long as the pod.
  medium text                                    # Memory, or empty for the node's disk.
  sizeLimit amount                               # How much it may hold.
HostPathVolumeSource: A file or folder of the node.
  path! text
  type text kept                                 # What must be there.
NFSVolumeSource: A share of an NFS server.
  server! text
  path! text
  readOnly bool
PersistentVolumeClaimVolumeSource: A claimed volume.
  claimName! text                                # The claim.
  readOnly bool
ObjectFieldSelector atomic: A field of the pod itself.
  apiVersion text
  fieldPath! text                                # For example metadata.name.
ResourceFieldSelector atomic: A request or limit of a container.
  containerName text
  resource! text                                 # For example limits.cpu.
  divisor amount                                 # The unit of the number.
DownwardAPIVolumeFile: A fact about the pod, put into a file.
  path! text
  fieldRef ObjectFieldSelector
  resourceFieldRef ResourceFieldSelector
  mode int32
DownwardAPIVolumeSource: Facts about the pod as files.
  items [DownwardAPIVolumeFile] atomic
  defaultMode int32
SecretProjection
  name text
  items [KeyToPath] atomic
  optional bool
ConfigMapProjection
  name text
  items [KeyToPath] atomic
  optional bool
DownwardAPIProjection
  items [DownwardAPIVolumeFile] atomic
ServiceAccountTokenProjection: A token of the pod's service account, kept fresh.
  audience text                                  # Whom it is for.
  expirationSeconds int                          # How long it is good for.
  path! text
ClusterTrustBundleProjection
  name text kept
  signerName text kept
  labelSelector LabelSelector
  optional bool
  path! text
PodCertificateProjection open: A certificate for the pod.
VolumeProjection: One of the sources of a projected volume.
  secret SecretProjection
  configMap ConfigMapProjection
  downwardAPI DownwardAPIProjection
  serviceAccountToken ServiceAccountTokenProjection
  clusterTrustBundle ClusterTrustBundleProjection
  podCertificate PodCertificateProjection
ProjectedVolumeSource: Several sources in one folder.
  sources [VolumeProjection] atomic
  defaultMode int32
CSIVolumeSource: A volume of a storage driver.
  driver! text
  readOnly bool
  fsType text kept
  volumeAttributes {text}
  nodePublishSecretRef LocalObjectReference
ImageVolumeSource: The files of an image.
  reference text                                 # The image or artifact.
  pullPolicy text one:Always|Never|IfNotPresent
VolumeResourceRequirements
  limits {amount}
  requests {amount}
PersistentVolumeClaimSpec: What storage is asked for.
  accessModes [text] atomic
  selector LabelSelector
  resources VolumeResourceRequirements
  volumeName text
  storageClassName text kept
  volumeMode text
  dataSource TypedLocalObjectReference
  dataSourceRef TypedObjectReference
  volumeAttributesClassName text kept
PersistentVolumeClaimTemplate
  metadata ObjectMeta
  spec! PersistentVolumeClaimSpec
EphemeralVolumeSource: A claim made for the pod and removed with it.
  volumeClaimTemplate PersistentVolumeClaimTemplate
VendorVolumeSource open: Storage of one vendor; the fields are the vendor's.
Volume: A named source of files for the containers of a pod.
  name! text                                     # By which containers mount it.
  hostPath HostPathVolumeSource
  emptyDir EmptyDirVolumeSource
  secret SecretVolumeSource
  configMap ConfigMapVolumeSource
  projected ProjectedVolumeSource
  downwardAPI DownwardAPIVolumeSource
  persistentVolumeClaim PersistentVolumeClaimVolumeSource
  ephemeral EphemeralVolumeSource
  nfs NFSVolumeSource
  csi CSIVolumeSource
  image ImageVolumeSource
  gcePersistentDisk VendorVolumeSource
  awsElasticBlockStore VendorVolumeSource
  gitRepo VendorVolumeSource
  iscsi VendorVolumeSource
  glusterfs VendorVolumeSource
  rbd VendorVolumeSource
  flexVolume VendorVolumeSource
  cinder VendorVolumeSource
  cephfs VendorVolumeSource
  flocker VendorVolumeSource
  fc VendorVolumeSource
  azureFile VendorVolumeSource
  azureDisk VendorVolumeSource
  vsphereVolume VendorVolumeSource
  quobyte VendorVolumeSource
  photonPersistentDisk VendorVolumeSource
  portworxVolume VendorVolumeSource
  scaleIO VendorVolumeSource
  storageos VendorVolumeSource
PersistentVolumeClaimStatus
  phase text
  accessModes [text] atomic
  capacity {amount}
  conditions [PersistentVolumeClaimCondition] by:type
  allocatedResources {amount}
  allocatedResourceStatuses {text}
  currentVolumeAttributesClassName text kept
  modifyVolumeStatus ModifyVolumeStatus
ModifyVolumeStatus
  targetVolumeAttributesClassName text
  status! text
PersistentVolumeClaimCondition
  type! text
  status! text
  lastProbeTime time
  lastTransitionTime time
  reason text
  message text
kind PersistentVolumeClaim: A request for storage.
  spec PersistentVolumeClaimSpec
  status PersistentVolumeClaimStatus
""",
    META,
)
"""By name."""
