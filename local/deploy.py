"""Deploys the built template to the emulator and says where everything ended up."""

import hashlib
import io
import json
import time
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.build import View
from local.errors import LocalError
from local.expand import Template, code_folders, expand, point_at_uploads, read_template
from local.ministack import MiniStack
from local.places import LAYER, STACK_NAME

BUCKET = "atelier-local-artefacts"
TEMPLATE_KEY = "template.json"
ZIP_EPOCH = (1980, 1, 1, 0, 0, 0)

# A layer of 50 MB would be unzipped for every worker the emulator starts. This one puts the built layer itself on the
# path, and takes the emulator's own packages off it: a function sees its layer and the standard library, no more.
LAYER_PATH_FILE = "python/lib/python3.13/site-packages/layer.pth"
LAYER_PATH_LINE = "import sys; sys.path[:] = [*{layer!r}, *(p for p in sys.path if 'site-packages' not in p)]\n"


@dataclass(frozen=True, slots=True)
class Deployment:
    """The physical names of what the template declares."""

    resources: dict[str, tuple[str, str]]
    parameters: dict[str, str]

    def physical(self, resource_type: str) -> str:
        """The physical id of the only resource of a type.

        Raises:
            LocalError: there is none, or more than one.
        """
        found = [physical for kind, physical in self.resources.values() if kind == resource_type]
        if len(found) != 1:
            raise LocalError(f"Expected one {resource_type} in the deployed template, found {len(found)}.")
        return found[0]

    def named(self, logical: str) -> str:
        """The physical id of the resource that the template calls so.

        Raises:
            LocalError: there is none.
        """
        if logical not in self.resources:
            raise LocalError(f"The deployed template has no {logical}.")
        return self.resources[logical][1]

    def functions(self) -> dict[str, str]:
        """Logical id to function name."""
        return {
            logical: physical for logical, (kind, physical) in self.resources.items() if kind == "AWS::Lambda::Function"
        }


def zip_folder(folder: Path) -> bytes:
    """A folder as Lambda takes it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)), ZIP_EPOCH)
                entry.external_attr = 0o644 << 16
                archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def zip_layer(view: View) -> bytes:
    """A stand-in for the layer that leads to its built folders."""
    layer = [str(view.artefacts / LAYER / "python"), str(view.packages)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(
            zipfile.ZipInfo(LAYER_PATH_FILE, ZIP_EPOCH),
            LAYER_PATH_LINE.format(layer=layer),
        )
    return buffer.getvalue()


def deploy(emulator: MiniStack, view: View, wanted: dict[str, str]) -> Deployment:
    """Upload the artefacts and create the stack, or update the one kept from an earlier run.

    `wanted` may name parameters that the template does not have; they are left out.
    """
    template = read_template(view.artefacts / "template.yaml")
    parameters = {name: value for name, value in wanted.items() if name in template.get("Parameters", {})}
    s3 = emulator.client("s3")
    with suppress(s3.exceptions.BucketAlreadyOwnedByYou):  # kept from an earlier run
        s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": s3.meta.region_name})
    uploads: dict[str, str] = {}
    for folder in code_folders(template):
        content = zip_layer(view) if folder == LAYER else zip_folder(view.artefacts / folder)
        # The key names the content: an update changes a function exactly when its code changed.
        uploads[folder] = f"{folder}-{hashlib.sha256(content).hexdigest()[:16]}.zip"
        s3.put_object(Bucket=BUCKET, Key=uploads[folder], Body=content)
    point_at_uploads(template, BUCKET, uploads)
    plain = expand(template, parameters)
    # By address: the expanded template is larger than a request may carry.
    s3.put_object(Bucket=BUCKET, Key=TEMPLATE_KEY, Body=json.dumps(plain).encode())
    _apply(emulator.client("cloudformation"), f"{emulator.url}/{BUCKET}/{TEMPLATE_KEY}", parameters)
    deployment = Deployment(_resources(emulator), parameters)
    _take_built_code(emulator, deployment, plain)
    _correct_cors(emulator, deployment, plain)
    return deployment


def _apply(cloudformation: Any, template_url: str, parameters: dict[str, str]) -> None:
    arguments = {
        "StackName": STACK_NAME,
        "TemplateURL": template_url,
        "Parameters": [{"ParameterKey": k, "ParameterValue": v} for k, v in parameters.items()],
        "Capabilities": ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
    }
    try:
        _create_or_update(cloudformation, arguments)
    except cloudformation.exceptions.ClientError as error:
        raise LocalError(f"The template did not deploy: {str(error)[:2000]}") from None
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        status = cloudformation.describe_stacks(StackName=STACK_NAME)["Stacks"][0]["StackStatus"]
        if status in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}:
            return
        if not status.endswith("IN_PROGRESS"):
            break
        time.sleep(0.05)
    events = cloudformation.describe_stack_events(StackName=STACK_NAME)["StackEvents"]
    reasons = [
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("FAILED") and event.get("ResourceStatusReason")
    ]
    raise LocalError("The template did not deploy:\n  " + "\n  ".join(reasons or [status]))


def _create_or_update(cloudformation: Any, arguments: dict[str, Any]) -> None:
    try:
        cloudformation.create_stack(**arguments)
    except cloudformation.exceptions.AlreadyExistsException:
        try:
            cloudformation.update_stack(**arguments)
        except cloudformation.exceptions.ClientError as error:
            if "No updates" not in str(error):
                raise


def _resources(emulator: MiniStack) -> dict[str, tuple[str, str]]:
    answer = emulator.client("cloudformation").describe_stack_resources(StackName=STACK_NAME)
    return {
        resource["LogicalResourceId"]: (resource["ResourceType"], resource["PhysicalResourceId"])
        for resource in answer["StackResources"]
    }


def _take_built_code(emulator: MiniStack, deployment: Deployment, template: Template) -> None:
    """Give each function the code of this build; edits made live in a kept run are unknown to the stack's update."""
    lambda_client = emulator.client("lambda")
    for logical_id, name in deployment.functions().items():
        code = template["Resources"][logical_id]["Properties"]["Code"]
        lambda_client.update_function_code(FunctionName=name, S3Bucket=code["S3Bucket"], S3Key=code["S3Key"])


def _correct_cors(emulator: MiniStack, deployment: Deployment, template: Template) -> None:
    """Set CORS once more by the API: from a template the emulator keeps it under keys it does not read."""
    for logical_id, resource in template["Resources"].items():
        declared = resource.get("Properties", {}).get("CorsConfiguration")
        if resource["Type"] == "AWS::ApiGatewayV2::Api" and declared:
            emulator.client("apigatewayv2").update_api(
                ApiId=deployment.resources[logical_id][1], CorsConfiguration=declared
            )
