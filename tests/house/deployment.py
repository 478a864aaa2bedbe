"""What others' engines read: the workflow, the Containerfile, compose.yaml and kubernetes.yaml. They are well-formed, run what exists,
with flags that exist, and nothing in them has more rights than it needs.
usage: deployment.py COMMAND"""
import json
import pathlib
import re
import subprocess
import sys

import yaml  # scripts/setup --tests installs python3-yaml

ROOT = pathlib.Path(__file__).resolve().parents[2]


def documents(path):
    return list(yaml.safe_load_all((ROOT / path).read_text()))


def wrong_steps(job, name):
    wrong = []
    if not job.get("timeout-minutes"):
        wrong.append(f"job {name} has no time-out")
    for step in job.get("steps", []):
        if "uses" in step and not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step["uses"]):
            wrong.append(f"job {name}: {step['uses']} is not pinned by its commit")
        for script in re.findall(r"(?<![\w/])(?:scripts|tests/packages)/[\w-]+", step.get("run", "")):
            if not (ROOT / script).is_file():
                wrong.append(f"job {name}: there is no {script}")
    return wrong


def wrong_workflow(workflow):
    wrong = [f"permissions are {workflow.get('permissions')}"] if workflow.get("permissions") != {"contents": "read"} else []
    if not {"push", "pull_request"} <= set(workflow[True]):  # YAML 1.1 reads `on` as true
        wrong.append("it does not run when somebody pushes")
    return wrong + [fault for name, job in workflow["jobs"].items() for fault in wrong_steps(job, name)]


def known_flags(command, subcommand):
    shown = subprocess.run([command, subcommand, "--help"], text=True, capture_output=True, timeout=60, check=True).stdout
    return set(re.findall(r"^  (--[a-z-]+)", shown, re.M))


def wrong_flags(command, words):
    """Of a command line of ours, without its first word."""
    flags = {word.split("=")[0] for word in words[1:] if word.startswith("--")}
    return [f"polytune {words[0]} has no {flag}" for flag in sorted(flags - known_flags(command, words[0]))]


def wrong_containerfile(text, command):
    """The last stage: from nothing, not as root, and started without a shell, which is not there."""
    stage = text[text.rindex("\nFROM "):]
    wrong = [] if stage.startswith("\nFROM scratch\n") else ["the last stage is not from scratch"]
    if not re.search(r"^USER [1-9]\d*:[1-9]\d*$", stage, re.M):
        wrong.append("no numeric user that is not root")
    if re.search(r"^RUN ", stage, re.M):
        wrong.append("RUN needs a shell")
    lists = {}
    for word in ("ENTRYPOINT", "CMD"):
        found = re.search(rf"^{word} (\[.*\])$", stage, re.M)
        lists[word] = json.loads(found.group(1)) if found else None
    if lists["ENTRYPOINT"] != ["/usr/bin/polytune"] or not lists["CMD"]:
        return wrong + ["ENTRYPOINT and CMD are not lists"]
    return wrong + wrong_flags(command, lists["CMD"])


def wrong_service(name, service, command):
    wrong = []
    if service.get("read_only") is not True or service.get("cap_drop") != ["ALL"] or service.get("privileged"):
        wrong.append(f"{name}: not read-only, or with capabilities")
    if "no-new-privileges:true" not in service.get("security_opt", []):
        wrong.append(f"{name}: new privileges are possible")
    return wrong + (wrong_flags(command, service["command"]) if service["image"] == "polytune" else [])


def wrong_pod(name, pod, command):
    context = pod.get("securityContext", {})
    wrong = [] if context.get("runAsNonRoot") and context.get("runAsUser") else [f"{name}: may be root"]
    if context.get("seccompProfile") != {"type": "RuntimeDefault"} or pod.get("automountServiceAccountToken") is not False:
        wrong.append(f"{name}: any system call, or a token of the cluster")
    for container in pod["containers"]:
        own = container.get("securityContext", {})
        if own != {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}:
            wrong.append(f"{name}: {container['name']} has rights")
        if "memory" not in container.get("resources", {}).get("limits", {}):
            wrong.append(f"{name}: {container['name']} may take all memory")
        if "/polytune:" in container["image"]:
            wrong += wrong_flags(command, container["args"])
    return wrong


def wrong_kubernetes(objects, command):
    names = {(item["kind"], item["metadata"]["name"]) for item in objects}
    wrong = [] if len(names) == len(objects) else ["an object is there twice"]
    for item in objects:
        if "template" in item["spec"]:
            wrong += wrong_pod(item["metadata"]["name"], item["spec"]["template"]["spec"], command)
            if item["spec"]["selector"]["matchLabels"] != item["spec"]["template"]["metadata"]["labels"]:
                wrong.append(f"{item['metadata']['name']} selects others' pods")
    return wrong


def self_check(workflow, containerfile, compose, objects, command):
    """The test itself must be able to fail."""
    assert wrong_steps({"steps": [{"uses": "actions/checkout@v4"}], "timeout-minutes": 1}, "x")
    assert wrong_steps({"steps": [{"run": "scripts/nothing"}], "timeout-minutes": 1}, "x") and wrong_steps({}, "x")
    assert wrong_workflow({**workflow, "permissions": "write-all"})
    assert wrong_containerfile(containerfile.replace("USER 65532:65532", "USER root"), command)
    assert wrong_containerfile(containerfile.replace("--log-format", "--log-forma"), command)
    assert wrong_service("x", {**compose["services"]["relay"], "read_only": False}, command)
    assert wrong_service("x", {**compose["services"]["relay"], "command": ["serve", "--no-such-flag"]}, command)
    assert wrong_pod("x", {**objects[0]["spec"]["template"]["spec"], "securityContext": {}}, command)


def main():
    command = sys.argv[1]
    (workflow,) = documents(".github/workflows/ci.yml")
    containerfile = (ROOT / "Containerfile").read_text()
    (compose,) = documents("packaging/container/compose.yaml")
    objects = documents("packaging/container/kubernetes.yaml")
    self_check(workflow, containerfile, compose, objects, command)
    wrong = wrong_workflow(workflow) + wrong_containerfile(containerfile, command) + wrong_kubernetes(objects, command)
    for name, service in compose["services"].items():
        wrong += wrong_service(name, service, command)
    print("\n".join(wrong) or f"{len(workflow['jobs'])} jobs, {len(compose['services'])} services, {len(objects)} objects")
    return 1 if wrong else 0


sys.exit(main())
