using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Switchyard.Server.Commands;

/// <summary>The help of a verb, as wide as the terminal, followed by examples to copy (<see cref="HelpExamples"/>).</summary>
internal static class Help
{
    // The width if the output is redirected: that of a usual terminal.
    private const int Width = 80;

    public static HelpOption Option()
    {
        var option = new HelpOption();
        var usual = (HelpAction)option.Action!;
        usual.MaxWidth = Console.IsOutputRedirected ? Width : Math.Max(Width / 2, Console.WindowWidth);
        option.Action = new WithExamples(usual);
        return option;
    }

    /// <summary>The command's words after <c>switchyard</c>.</summary>
    public static string WordsOf(CommandResult command) => command.Parent is CommandResult above
        ? $"{WordsOf(above)} {command.Command.Name}".TrimStart()
        : "";

    private sealed class WithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        // Otherwise `switchyard refine --help` fails, because its required arguments are missing.
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            if (HelpExamples.Of(WordsOf(parseResult.CommandResult)) is { Count: > 0 } examples)
            {
                var output = parseResult.InvocationConfiguration.Output;
                output.WriteLine("Examples:");
                foreach (var example in examples)
                    output.WriteLine($"  {example}");
            }

            return code;
        }
    }
}
