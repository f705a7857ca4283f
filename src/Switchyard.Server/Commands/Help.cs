using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;

namespace Switchyard.Server.Commands;

/// <summary>The help of a verb, which fits a terminal, with examples to copy below it.</summary>
internal static class Help
{
    // Where nobody says how wide the page is: the usual terminal.
    private const int Width = 80;

    private static readonly Dictionary<string, string[]> s_examples = new(StringComparer.Ordinal)
    {
        ["switchyard"] =
        [
            "switchyard                                start the gateway on 127.0.0.1:8080",
            "switchyard check                          is the configuration usable?",
            "switchyard chat \"Hello\" -m openai/gpt-4o  ask one question",
            "switchyard models -p openai               what can be asked for, at what price",
        ],
        ["serve"] =
        [
            "switchyard serve --config gateway.yaml",
            "switchyard serve --urls http://127.0.0.1:9000 --log-level debug",
            "OPENAI_API_KEY=… switchyard serve         openai is enabled by its key",
        ],
        ["check"] =
        [
            "switchyard check                          load and check the configuration",
            "switchyard check --live openai            ask the provider what works",
        ],
        ["health"] =
        [
            "switchyard health                         can each provider be reached?",
            "switchyard health openai --level round-trip",
        ],
        ["ping"] =
        [
            "switchyard ping                           can the gateway here serve calls?",
            "switchyard ping --url https://ai.example.com",
        ],
        ["providers"] = ["switchyard providers", "switchyard providers --json"],
        ["models"] = ["switchyard models", "switchyard models -p openai --all"],
        ["explain"] =
        [
            "switchyard explain fast                   where does the alias lead, and why?",
            "switchyard explain fast --seed 42 --json",
        ],
        ["chat"] =
        [
            "switchyard chat \"What is a switchyard?\"",
            "switchyard chat -m anthropic/claude-sonnet-4-5 --stream \"Hello\"",
            "cat question.txt | switchyard chat",
        ],
        ["usage"] =
        [
            "switchyard usage                          what this month cost, by provider",
            "switchyard usage --since 7d --by day,model",
            "switchyard usage --csv > usage.csv        every entry",
        ],
        ["reconcile"] =
        [
            "switchyard usage reconcile usage.csv -p openai",
            "switchyard usage reconcile usage.json -p anthropic --resolve",
        ],
        ["reprice"] =
        [
            "switchyard usage reprice --since 2026-11-01 --model openai/gpt-4o",
            "switchyard usage reprice --since 2026-11-01 --apply",
        ],
        ["replay"] =
        [
            "switchyard replay cassettes/              answer from recordings on 127.0.0.1:8080",
            "switchyard replay cassettes/checkout --port 9000 --speed 1",
        ],
        ["migrate"] = ["switchyard migrate --plan", "switchyard migrate"],
        ["secrets"] =
        [
            "echo \"$KEY\" | switchyard secrets set provider:openai:apiKey",
            "switchyard secrets list",
        ],
        ["import"] =
        [
            "switchyard import litellm config.yaml > switchyard.yaml",
            "switchyard import portkey config.json --name fast --out switchyard.yaml",
            "switchyard import bifrost config.json --json --strict",
        ],
        ["litellm"] =
        [
            "switchyard import litellm config.yaml > switchyard.yaml",
            "switchyard import litellm config.yaml --out switchyard.yaml --report report.txt",
        ],
        ["portkey"] =
        [
            "switchyard import portkey config.json --name fast > switchyard.yaml",
            "switchyard import portkey config.json --name fast --out switchyard.yaml --report report.txt",
        ],
        ["bifrost"] =
        [
            "switchyard import bifrost config.json > switchyard.yaml",
            "switchyard import bifrost config.json --out switchyard.yaml --report report.txt",
        ],
        ["schema"] = ["switchyard schema > switchyard.schema.json"],
    };

    public static HelpOption Option()
    {
        var option = new HelpOption();
        var usual = (HelpAction)option.Action!;
        usual.MaxWidth = Console.IsOutputRedirected ? Width : Math.Max(Width / 2, Console.WindowWidth);
        option.Action = new WithExamples(usual);
        return option;
    }

    private sealed class WithExamples(HelpAction usual) : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            var code = usual.Invoke(parseResult);
            if (s_examples.GetValueOrDefault(parseResult.CommandResult.Command.Name) is { } examples)
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
