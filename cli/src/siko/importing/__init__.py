"""`siko import nrw`: the reference data through the same commands that anyone can send."""

from importlib.resources import files
from pathlib import Path

from siko.client import LONG_DEADLINE_S, Client, run
from siko.importing.carrying import Report, carry_out, command_id
from siko.importing.nrw import Plan, read_plan
from siko.output import DONE, Output, show, table, wrong_usage
from siko.sign_ins import IMPORT


def import_nrw(directory: Path | None, plan: bool, output: Output, data: Path | None) -> int:
    """`directory`: default the data that the project ships. `plan`: show what would be sent. Exit code."""
    if directory is not None and not directory.is_dir():
        raise wrong_usage(f"{directory} is no directory")
    planned = read_plan(directory) if directory else shipped()
    if plan:
        _show_plan(planned, output)
        return DONE

    async def work(client: Client) -> int:
        _show_report(await carry_out(client.acting(IMPORT), planned), planned, output)
        return DONE

    return run(data, work, deadline_s=LONG_DEADLINE_S)


def shipped() -> Plan:
    """The plan of the data that the project ships; read as data, no service's code is used."""
    return read_plan(files("siko_scheduler") / "data" / "nrw")


def _show_plan(plan: Plan, output: Output) -> None:
    commands = [
        {
            "service": "scheduler",
            "command": command.NAME,
            "command_id": command_id(command),
            "body": command.model_dump(mode="json", exclude_none=True),
        }
        for _, phase in plan.phases()
        for command in phase
    ]
    if output != Output.TABLE:
        show({"commands": commands, "not_taken": plan.not_taken}, commands, output)
        return
    for kind, planned in plan.kinds().items():
        print(f"{kind}: {len(planned)}")
        bodies = [command.model_dump(mode="json", exclude_none=True) for command in planned]
        table([{name: value for name, value in body.items() if value != []} for body in bodies])
        print()
    print(f"{len(commands)} commands, none sent.")
    _show_left_out(plan)


def _show_report(report: Report, plan: Plan, output: Output) -> None:
    rows = report.rows(plan)
    if output == Output.TABLE:
        table(rows)
        for name in report.different:
            print(f"{name} is registered otherwise and was left as it is")
        _show_left_out(plan)
        return
    document = {
        "imported": rows,
        "different": report.different,
        "not_taken": plan.not_taken,
        "areas_without_bodies": plan.areas_without_bodies(),
    }
    show(document, rows, output)


def _show_left_out(plan: Plan) -> None:
    for column in plan.not_taken:
        print(f"Not taken: {column['file']}, column {column['column']} ({column['values']} values)")
    without = plan.areas_without_bodies()
    if without:
        print(f"Without any body, so every category there is a gap: {len(without)} areas")
