using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Switchyard.Common;
using Switchyard.Refinement.Requests;
using Switchyard.Refinement.Schemas;
using Switchyard.Server.Composition;
using Switchyard.Server.Serving;

namespace Switchyard.Server.Commands;

/// <summary>
/// <c>switchyard refine user.ts --samples samples/</c>: refines a schema on samples, in this process. Only the refined text goes to the
/// standard output; the report of changes goes to the error stream.
/// </summary>
internal static class RefineCommand
{
    public static Command Create(ConfigurationChecks checks)
    {
        var file = new Argument<string>("file") { Description = "The schema: Zod, JSON Schema or C#." };
        var samples = PathOption("--samples", "Valid values: a JSON file (a list is many), a .jsonl file, or a folder of .json files.");
        samples.Required = true;
        var counter = PathOption("--counter-examples", "Values that must not be valid, in the same forms.");
        var format = new Option<string?>("--format", "-f")
        {
            Description = $"The schema's format: {string.Join(", ", SchemaFormats.Names)}. Default: detected.",
        };
        var type =
            new Option<string?>("--type", "-t") { Description = "The type to refine. Default: the one that contains the others." };
        var fields = new Option<string[]>("--field") { Description = "Changes only this field. May be repeated.", HelpName = "path" };
        var provider = new Option<string?>("--provider", "-p") { Description = "The provider to ask. Default: chosen by routing." };
        var model = new Option<string?>("--model", "-m") { Description = "An alias or a model's name." };
        var temperature = new Option<double?>("--temperature") { Description = "From 0 to 2." };
        var output = PathOption("--out", "Writes the refined schema to a file, which may be the schema's own.", "-o");
        var json = Output.JsonOption();
        var command = new Command("refine", "Makes a schema more precise: a model proposes edits, and samples decide which of them hold.")
        {
            file, samples, counter, format, type, fields, provider, model, temperature, output, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (ConfigurationArguments.Load(parsed, checks) is not { } options)
                return ExitCode.Failure;
            var request = new SchemaRefinementRequest(
                new(await ReadTextAsync(parsed.GetValue(file)!, cancellationToken), parsed.GetValue(type) ?? "")
                {
                    Fields = parsed.GetValue(fields) ?? [],
                },
                await SampleFiles.ReadAsync(parsed.GetValue(samples)!, cancellationToken))
            {
                CounterExamples = parsed.GetValue(counter) is { } path ? await SampleFiles.ReadAsync(path, cancellationToken) : [],
                Format = parsed.GetValue(format),
                Options = new()
                {
                    Provider = parsed.GetValue(provider) ?? RefinementChoice.Auto,
                    Model = parsed.GetValue(model),
                    Temperature = parsed.GetValue(temperature),
                },
            };
            var refinement = await CommandServices.CreateRefinementAsync(options, cancellationToken);
            var result = await refinement.RefineSchemaAsync(request, cancellationToken);
            // An empty path, as a script's variable that is not set, is none: the result must not be lost.
            var target = parsed.GetValue(output) is { Length: > 0 } named ? named : null;
            var failure = target is null ? null : await TryWriteAsync(target, result.RefinedSchema.Code, cancellationToken);
            if (parsed.GetValue(json))
                Output.Write(parsed.InvocationConfiguration.Output, result.WriteTo);
            // If the file cannot be written, the result is printed: its calls are paid for already.
            else if (target is null || failure is not null)
                await parsed.InvocationConfiguration.Output.WriteAsync(EndingInLine(result.RefinedSchema.Code));
            if (!parsed.GetValue(json))
                await TellAsync(parsed.InvocationConfiguration.Error, result);
            return failure is null ? ExitCode.Ok : throw new ServeException($"{target} cannot be written: {failure.Message}", failure);
        });
        return command;
    }

    private static async Task<Exception?> TryWriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await WholeFile.WriteAsync(path, text, cancellationToken);
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e;
        }
    }

    private static Option<string?> PathOption(string name, string description, params string[] aliases) =>
        new(name, aliases) { Description = description, HelpName = "path" };

    private static async Task TellAsync(TextWriter error, SchemaRefinementResult result)
    {
        foreach (var each in result.RefinedSchema.Improvements)
        {
            var confidence = each.Confidence.ToString("0.00", CultureInfo.InvariantCulture);
            await error.WriteLineAsync($"+ {each.Field}: {each.After} ({each.Reason}; confidence {confidence})");
        }

        foreach (var suggestion in result.Suggestions)
            await error.WriteLineAsync($"- {suggestion}");
        var time = (result.ProcessingTime / 1000).ToString("0.0", CultureInfo.InvariantCulture);
        var (made, suggested) = (result.RefinedSchema.Improvements.Count, result.Suggestions.Count);
        await error.WriteLineAsync($"{result.AIProvider}: {made} improvements, {suggested} suggestions, {time} s");
    }

    private static string EndingInLine(string text) => text.EndsWith('\n') ? text : text + "\n";

    private static async Task<string> ReadTextAsync(string path, CancellationToken cancellationToken) => File.Exists(path)
        ? await File.ReadAllTextAsync(path, cancellationToken)
        : throw new ServeException($"There is no file {path}.");
}

/// <summary>Reads samples from files.</summary>
internal static class SampleFiles
{
    /// <exception cref="ServeException">
    /// The file or folder does not exist, or a file is not JSON, has a member twice or text that is not valid Unicode.
    /// </exception>
    public static async Task<List<JsonElement>> ReadAsync(string path, CancellationToken cancellationToken)
    {
        if (Directory.Exists(path))
        {
            List<JsonElement> all = [];
            foreach (var file in Directory.EnumerateFiles(path, "*.json").Order(StringComparer.Ordinal))
                all.Add(Parse(await File.ReadAllTextAsync(file, cancellationToken), file));
            return all.Count > 0 ? all : throw new ServeException($"The folder {path} has no .json files.");
        }

        if (!File.Exists(path))
            throw new ServeException($"There is no file or folder {path}.");
        if (path.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase) || path.EndsWith(".ndjson", StringComparison.OrdinalIgnoreCase))
        {
            var lines = await File.ReadAllLinesAsync(path, cancellationToken);
            return [
                .. lines.Index().Where(line => !string.IsNullOrWhiteSpace(line.Item))
                    .Select(line => Parse(line.Item, $"{path}, line {line.Index + 1}"))];
        }

        var read = Parse(await File.ReadAllTextAsync(path, cancellationToken), path);
        return read.ValueKind == JsonValueKind.Array ? [.. read.EnumerateArray()] : [read];
    }

    private static JsonElement Parse(string text, string from)
    {
        try
        {
            var read = JsonElement.Parse(text);
            return JsonText.ProblemOf(Encoding.UTF8.GetBytes(text)) is { } problem ? throw new ServeException($"{from} {problem}") : read;
        }
        catch (JsonException e)
        {
            throw new ServeException($"{from} is not JSON: line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}.", e);
        }
    }
}
