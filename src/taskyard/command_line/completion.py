"""`taskyard completion`: the script that has a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from .help import Command, examples


@click.pass_context
def show(ctx: click.Context, shell: str) -> None:
    """Print the script for completion in a shell.

    Load it in the shell's start-up file, and the tab key completes commands and options.
    """
    kind = get_completion_class(shell)
    assert kind is not None, "the argument allows only shells that click knows"
    root = ctx.find_root().command
    click.echo(kind(root, {}, "taskyard", "_TASKYARD_COMPLETE").source())


command = Command(
    "completion",
    callback=show,
    params=[click.Argument(["shell"], type=click.Choice(["bash", "zsh", "fish"]))],
    help=show.__doc__,
    epilog=examples(
        "echo 'eval \"$(taskyard completion bash)\"' >> ~/.bashrc",
        "echo 'eval \"$(taskyard completion zsh)\"' >> ~/.zshrc",
        "taskyard completion fish > ~/.config/fish/completions/taskyard.fish",
    ),
)
