"""``python -m howwide.results`` prints the JSON schema of the document."""

import json

from howwide.results.document import Document

print(json.dumps(Document.model_json_schema(by_alias=True, mode="serialization"), indent=2))
