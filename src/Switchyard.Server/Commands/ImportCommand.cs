using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Switchyard.Server.Composition;
using Switchyard.Server.Importing;
using Switchyard.Server.Importing.Bifrost;
using Switchyard.Server.Importing.LiteLlm;
using Switchyard.Server.Importing.Portkey;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard import litellm config.yaml</c>: converts another product's configuration. The result goes to the standard output, the
/// report on each setting to the error stream.
/// </summary>
internal static class ImportCommand
{
    /// <summary>The importers, one for each supported product.</summary>
    public static IReadOnlyList<IImporter> Importers { get; } = [new LiteLlmImporter(), new PortkeyImporter(), new BifrostImporter()];

    public static Command Create(ConfigurationChecks checks)
    {
        var command = new Command("import",
            "Converts another gateway's configuration to switchyard.yaml, and reports what became of each setting.");
        foreach (var importer in Importers)
            command.Add(Of(importer, checks));
        return command;
    }

    private static Command Of(IImporter importer, ConfigurationChecks checks)
    {
        var file = new Argument<string>("file") { Description = $"The configuration of {importer.Product}." };
        var output = new Option<string?>("--out", "-o") { Description = "Writes the configuration to a new file.", HelpName = "path" };
        var force = new Option<bool>("--force") { Description = "With --out: overwrites an existing file." };
        var report = new Option<string?>("--report") { Description = "Writes the report to a file.", HelpName = "path" };
        var name = new Option<string?>("--name")
        {
            Description = "The alias's name if the source names none. Default: the product's name.",
        };
        var strict = new Option<bool>("--strict") { Description = "Fails when a setting was refused." };
        var json = Output.JsonOption();
        var command = new Command(importer.Name, $"Imports a configuration of {importer.Product}.")
        {
            file, output, force, report, name, strict, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var path = parsed.GetValue(file)!;
            var run = new ImportRun(Importers, checks.Complete);
            var result = run.Run(importer, await ReadAsync(path, cancellationToken), path, parsed.GetValue(name) ?? importer.Name);
            var target = parsed.GetValue(output);
            if (target is not null)
                await WriteAsync(target, result.Yaml, parsed.GetValue(force), cancellationToken);
            var isJson = parsed.GetValue(json);
            var (standard, error) = (parsed.InvocationConfiguration.Output, parsed.InvocationConfiguration.Error);
            if (isJson && parsed.GetValue(report) is null)
                Output.Write(standard, writer => Write(writer, result, withYaml: target is null));
            else if (target is null)
                await standard.WriteAsync(result.Yaml);
            if (parsed.GetValue(report) is { } reported)
            {
                await using var text = File.CreateText(reported);
                if (isJson)
                    Output.Write(text, writer => Write(writer, result, withYaml: false));
                else
                    Tell(text, result);
            }
            else if (!isJson)
            {
                Tell(error, result);
            }

            return parsed.GetValue(strict) && result.Count(Outcome.Refused) > 0 ? ExitCode.Failure : ExitCode.Ok;
        });
        return command;
    }

    private static async Task<string> ReadAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return new FileInfo(path) is { Exists: true, Length: > SourceReader.LargestFile }
                ? throw new ImportException($"{path}: larger than 4MB, the limit for a configuration.")
                : await File.ReadAllTextAsync(path, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ImportException(Directory.Exists(path) ? $"{path} is a folder; name the file in it."
                : $"{path} cannot be read: {failure.Message}");
        }
    }

    private static async Task WriteAsync(string path, string yaml, bool replaces, CancellationToken cancellationToken)
    {
        if (File.Exists(path) && !replaces)
            throw new ImportException($"{path} exists already; name another file, or add --force.");
        try
        {
            await WholeFile.WriteAsync(path, yaml, cancellationToken);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new ImportException($"{path} cannot be written: {failure.Message}");
        }
    }

    private static void Tell(TextWriter text, ImportResult result)
    {
        foreach (var finding in result.Findings.OrderByDescending(finding => finding.Outcome).ThenBy(finding => finding.Line))
        {
            var ours = string.IsNullOrEmpty(finding.Ours) ? "" : $" -> {finding.Ours}";
            var reason = finding.Reason is null ? "" : $": {finding.Reason}";
            text.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{Word(finding.Outcome),-12} {finding.Setting} (line {finding.Line}){ours}{reason}"));
        }

        foreach (var variable in result.Variables)
            text.WriteLine($"set          {variable.Name}{(variable.TakesFrom is { } from ? $" to the value of {from}" : "")}");
        text.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{result.Count(Outcome.Exact)} exact, {result.Count(Outcome.Approximated)} approximated, "
            + $"{result.Count(Outcome.Refused)} refused"));
    }

    private static string Word(Outcome outcome) => outcome switch
    {
        Outcome.Exact => "exact",
        Outcome.Approximated => "approximated",
        _ => "refused",
    };

    private static void Write(Utf8JsonWriter writer, ImportResult result, bool withYaml)
    {
        writer.WriteStartObject();
        foreach (var outcome in Enum.GetValues<Outcome>())
            writer.WriteNumber(Word(outcome), result.Count(outcome));
        if (withYaml)
            writer.WriteString("yaml", result.Yaml);
        writer.WriteStartArray("variables");
        foreach (var variable in result.Variables)
        {
            writer.WriteStartObject();
            writer.WriteString("name", variable.Name);
            writer.WriteString("takes_from", variable.TakesFrom);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteStartArray("settings");
        foreach (var finding in result.Findings)
        {
            writer.WriteStartObject();
            writer.WriteString("setting", finding.Setting);
            writer.WriteNumber("line", finding.Line);
            writer.WriteString("outcome", Word(finding.Outcome));
            writer.WriteString("ours", finding.Ours);
            writer.WriteString("reason", finding.Reason);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
