"""How commands explain themselves: options below headings, then examples."""

from collections.abc import Sequence

import click

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class Option(click.Option):
    """An option that is shown below a heading."""

    def __init__(self, declarations: Sequence[str], *, group: str, **attributes: object) -> None:
        super().__init__(declarations, **attributes)  # type: ignore[arg-type]  # click's own names
        self.group = group


class Command(click.Command):
    """A command whose help shows each group of options below its heading."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the groups in the order of their first options; the ungrouped come last."""
        groups: dict[str, list[tuple[str, str]]] = {}
        others: list[tuple[str, str]] = []
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                if isinstance(parameter, Option):
                    groups.setdefault(parameter.group, []).append(record)
                else:
                    others.append(record)
        for heading, records in (*groups.items(), ("Options", others)):
            with formatter.section(heading):
                formatter.write_dl(records)


def examples(*lines: str) -> str:
    """The end of a command's help: example calls, each on a line of its own."""
    # Click wraps what follows like any other text, but for the mark in front.
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])
