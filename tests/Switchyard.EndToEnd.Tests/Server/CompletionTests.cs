using System.Diagnostics;
using Switchyard.Server;
using Switchyard.Server.Commands;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Shells complete commands, options and names.</summary>
public sealed class CompletionTests
{
    [Theory]
    [InlineData("switchyard ch", "chat", "check")]
    [InlineData("switchyard config canary s", "share", "start")]
    [InlineData("switchyard import ", "bifrost", "litellm", "portkey")]
    [InlineData("/usr/bin/switchyard health --lev", "--level")]
    [InlineData("switchyard health --level r", "reachability", "round-trip")]
    [InlineData("switchyard completion z", "zsh")]
    [InlineData("switchyard config set routing.strategy=p", "routing.strategy=performance", "routing.strategy=priority")]
    [InlineData("switchyard config get cache.t", "cache.ttl")]
    [InlineData("switchyard", new string[0])]
    public void What_may_follow_is_offered(string line, params string[] words) =>
        Assert.Equal(words, Suggestions.Of(CommandLine.Create(), line).Order(StringComparer.Ordinal));

    [Fact]
    public async Task An_alias_of_the_configuration_is_offered_for_a_model()
    {
        const string Yaml = "providers: { mock: {} }\nmodels: { fast: { targets: [ mock/a ] }, slow: { targets: [ mock/a ] } }\n";
        await using var program = await Executable.StartAsync(Yaml, "[suggest:22]", "switchyard chat -m fast");

        Assert.Equal((0, "fast"), (await program.EndAsync(), program.Printed.Trim()));
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public async Task The_script_of_a_shell_is_one_that_it_takes(string shell)
    {
        await using var program = await Executable.StartAsync(null, "completion", shell);
        Assert.Equal(0, await program.EndAsync());

        if (!Programs.Exists(shell))
            Assert.Skip($"There is no {shell} on this machine.");
        var (code, said) = await RunAsync(shell, shell == "fish" ? "--no-execute" : "-n", program.Printed);

        Assert.True(code == 0, said);
    }

    [Theory]
    [InlineData("switchyard con", "config")]
    [InlineData("switchyard config canary pro", "promote")]
    [InlineData("switchyard config set routing.strategy=c", "cost")]
    [InlineData("switchyard health --level=round", "round-trip")]
    public async Task Bash_completes_by_the_script(string line, string completed)
    {
        if (!Programs.Exists("bash"))
            Assert.Skip("There is no bash on this machine.");
        await using var program = await Executable.StartAsync(null, "completion", "bash");
        Assert.Equal(0, await program.EndAsync());
        // Bash splits the line at the characters of COMP_WORDBREAKS, and each = and : is a separate word.
        var words = line.Replace("=", " = ", StringComparison.Ordinal).Split(' ');
        var script = $"""
            {program.Printed}
            switchyard() {"{"} dotnet '{Executable.Program}' "$@"; {"}"}
            COMP_LINE='{line}' COMP_POINT={line.Length} COMP_WORDS=({string.Join(' ', words)}) COMP_CWORD={words.Length - 1}
            _switchyard
            printf '%s\n' "${"{"}COMPREPLY[@]{"}"}"
            complete -p switchyard
            """;

        var (code, said) = await RunAsync("bash", "-s", script);

        Assert.True(code == 0, said);
        Assert.Equal([completed, "complete -o default -F _switchyard switchyard"], said.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static async Task<(int Code, string Said)> RunAsync(string shell, string option, string script)
    {
        using var process = Process.Start(new ProcessStartInfo(shell, option)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.StandardInput.WriteAsync(script);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output + await error);
    }
}
