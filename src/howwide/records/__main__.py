"""``python -m howwide.records`` prints the JSON schema of the document."""

import json

from howwide.records.document import Document

print(json.dumps(Document.model_json_schema(by_alias=True, mode="serialization"), indent=2))
