"""Structs that kinds of every group share; no I/O."""

from roadstead.kube.objectmeta import META_PACKAGE, OBJECT_META, OBJECT_REFERENCE
from roadstead.kube.shapetables import read

META = {
    "ObjectMeta": OBJECT_META,
    "ObjectReference": OBJECT_REFERENCE,
    **read(
        META_PACKAGE,
        """
LabelSelector atomic: Objects whose labels meet every condition; an empty one means all.
  matchLabels {text}                             # Labels with exactly these values.
  matchExpressions [LabelSelectorRequirement] atomic
LabelSelectorRequirement
  key! text                                      # The label.
  operator! text one:In|NotIn|Exists|DoesNotExist
  values [text] atomic                           # For In and NotIn.
Condition: Something that is or is not so, and since when.
  type! text                                     # What it is about.
  status! text one:True|False|Unknown
  observedGeneration int                         # The generation of the object that was looked at.
  lastTransitionTime! time                       # When the status last changed.
  reason! text                                   # Why, in one word.
  message! text                                  # Why, for people.
""",
    ),
}
"""By name."""
