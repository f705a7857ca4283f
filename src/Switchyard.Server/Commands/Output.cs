using System.CommandLine;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Spectre.Console;
using Switchyard.Server.Composition;

namespace Switchyard.Server.Commands;

/// <summary>How results are printed: a table for people, JSON for programs.</summary>
internal static class Output
{
    /// <summary>Wide enough for any row, so that a table in a pipe is not folded to a terminal's width.</summary>
    private const int PipeWidth = 250;

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Option<bool> JsonOption() => new("--json") { Description = "Print JSON." };

    public static void Write<T>(TextWriter output, T value, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, Readable))
            JsonSerializer.Serialize(writer, value, type);
        output.WriteLine(System.Text.Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length));
    }

    public static void WriteTable(TextWriter output, IEnumerable<string> columns, IEnumerable<string[]> rows)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(output) });
        if (Console.IsOutputRedirected)
            console.Profile.Width = PipeWidth;
        var table = new Table().Border(TableBorder.Simple);
        foreach (var column in columns)
            table.AddColumn(new TableColumn(column));

        // As Text, not as markup: a name may hold brackets.
        foreach (var row in rows)
            table.AddRow(row.Select(cell => new Text(cell)));
        console.Write(table);
    }
}

/// <summary>The types printed as JSON, source-generated: reflection would take most of a short command's time.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CheckReport))]
[JsonSerializable(typeof(IReadOnlyList<LiveCheckRow>))]
[JsonSerializable(typeof(IReadOnlyList<ProviderRow>))]
[JsonSerializable(typeof(IReadOnlyList<ModelRow>))]
internal sealed partial class OutputJson : JsonSerializerContext;
