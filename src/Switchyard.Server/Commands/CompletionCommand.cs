using System.CommandLine;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard completion bash</c>: the script by which a shell completes commands, options and names.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # In ~/.bashrc: source <(switchyard completion bash)
        _switchyard() {
            local line="${COMP_LINE:0:COMP_POINT}" current="${COMP_WORDS[COMP_CWORD]}" IFS=$'\n'
            COMPREPLY=($("${COMP_WORDS[0]}" '[suggest]' "$line" 2>/dev/null))
            # Bash takes : and = for ends of words, and wants only what follows the last.
            [[ $current == [:=] ]] && current=
            local word="${line##* }"
            COMPREPLY=("${COMPREPLY[@]#"${word%"$current"}"}")
        }
        complete -o default -F _switchyard switchyard
        """;

    private const string Zsh = """
        #compdef switchyard
        # In ~/.zshrc, after compinit: source <(switchyard completion zsh)
        _switchyard() {
            local found
            found="$("${words[1]}" '[suggest]' "${(j: :)words[1,CURRENT-1]} $PREFIX" 2>/dev/null)"
            if [[ -n $found ]]; then compadd -- "${(@f)found}"; else _files; fi
        }
        compdef _switchyard switchyard
        """;

    private const string Fish = """
        # In ~/.config/fish/config.fish: switchyard completion fish | source
        function __switchyard_complete
            set -l found (switchyard '[suggest]' (commandline -cp) 2>/dev/null)
            if test (count $found) -gt 0
                printf '%s\n' $found
            else
                __fish_complete_path (commandline -ct)
            end
        end
        complete -c switchyard -f -a '(__switchyard_complete)'
        """;

    public static Command Create()
    {
        var shell = new Argument<string>("shell") { Description = "The shell." };
        shell.AcceptOnlyFromAmong(StringComparer.OrdinalIgnoreCase, "bash", "zsh", "fish");
        var command = new Command("completion", "Prints the script by which a shell completes commands, options and names.") { shell };
        command.SetAction(parsed =>
        {
            var script = parsed.GetValue(shell)!.ToLowerInvariant() switch { "bash" => Bash, "zsh" => Zsh, _ => Fish };
            // A shell needs line feeds, also on a machine whose line ending is another.
            parsed.InvocationConfiguration.Output.Write(script.ReplaceLineEndings("\n") + "\n");
            return ExitCode.Ok;
        });
        return command;
    }
}
