using System.CommandLine;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard models</c>: what a client may ask for.</summary>
internal static class ModelsCommand
{
    public static Command Create(IEngine engine)
    {
        var json = Output.JsonOption();
        var command = new Command("models", "Lists the aliases and the models of the enabled providers.") { json };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, ConfigurationArguments.Request(parsed, engine)) is not { } options)
                return ExitCode.Failure;

            var rows = await engine.ListModelsAsync(options, cancellationToken);
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, rows, OutputJson.Default.IReadOnlyListModelRow);
            else
            {
                Output.WriteTable(
                    parsed.InvocationConfiguration.Output,
                    ["model", "kind", "targets"],
                    rows.Select(row => new[] { row.Name, row.Kind, string.Join(", ", row.Targets) }));
            }

            return ExitCode.Ok;
        });
        return command;
    }
}
