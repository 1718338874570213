"""``python -m howwide.results`` prints the JSON schema of the document."""

import json

from howwide.results.document import json_schema

print(json.dumps(json_schema(), indent=2))
