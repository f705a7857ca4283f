using System.CommandLine;
using Switchyard.Server.Composition;
using Switchyard.Storage.Migrations;

namespace Switchyard.Server.Commands;

/// <summary><c>switchyard migrate</c>: brings the ledger's database to the schema that this version needs.</summary>
internal static class MigrateCommand
{
    public static Command Create(ConfigurationChecks checks)
    {
        var plan = new Option<bool>("--plan") { Description = "Only show the migrations that would be applied." };
        var command = new Command("migrate", "Migrates the ledger's database to this version; gateways can keep writing meanwhile.")
        {
            plan,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            var onlyPlan = parsed.GetValue(plan);
            var (output, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            var steps = await LedgerMigration.RunAsync(options.Storage.Ledger, onlyPlan, error.WriteLine, cancellationToken);
            foreach (var step in steps)
                await output.WriteLineAsync(onlyPlan ? $"would apply {step}" : $"applied {step}");
            if (steps.Count == 0)
                await output.WriteLineAsync("Nothing to do: the database is at this version.");
            return ExitCode.Ok;
        });
        return command;
    }
}
