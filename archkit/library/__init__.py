"""What the kit knows before you use it: patterns, solutions, concerns and blueprints.

The content is in YAML files beside this one, in the shape that `schema.json` states.
"""

from archkit.library.merge import merged_blueprint
from archkit.library.reading import Concern, Library, read_library

__all__ = ["Concern", "Library", "merged_blueprint", "read_library"]
