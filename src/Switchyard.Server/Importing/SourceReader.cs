using System.Text;
using System.Text.RegularExpressions;
using Switchyard.Configuration;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Switchyard.Server.Importing;

/// <summary>The format of a source.</summary>
internal enum SourceFormat
{
    Yaml,
    Json,
}

/// <summary>Reads a source into <see cref="SourceNode"/>s. Throws <see cref="ImportException"/>, with the line, if it is
/// invalid.</summary>
internal sealed partial class SourceReader
{
    /// <summary>Larger than any configuration of a gateway.</summary>
    public const int LargestFile = 4 << 20;

    /// <summary>The maximum number of nodes, which bounds the expansion of anchors.</summary>
    private const int MostNodes = 200_000;

    private const int DeepestNesting = 64;

    private readonly string _file;
    private readonly bool _foldsCase;
    private int _nodes;

    private SourceReader(string file, bool foldsCase) => (_file, _foldsCase) = (file, foldsCase);

    [GeneratedRegex(@"^[-+]?(\d[\d_]*)?\.?\d+([eE][-+]?\d+)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Number { get; }

    [GeneratedRegex("(?<=[a-z0-9])[A-Z]", RegexOptions.CultureInvariant)]
    private static partial Regex Hump { get; }

    /// <param name="text">The file's text.</param>
    /// <param name="file">Its name, for messages.</param>
    /// <param name="format">Its format.</param>
    /// <param name="foldsCase">Whether <c>customHost</c> is another spelling of <c>custom_host</c> there.</param>
    public static SourceNode Read(string text, string file, SourceFormat format, bool foldsCase = false)
    {
        if (text.Length > LargestFile)
            throw new ImportException($"{file}: larger than 4MB, the limit for a configuration.");
        var reader = new SourceReader(file, foldsCase);
        var root = format == SourceFormat.Yaml ? reader.ReadYaml(text) : reader.ReadJson(text);
        return root.Kind == SourceKind.Map
            ? root
            : throw new ImportException($"{file}:{root.Line}: a configuration must be a map of settings.");
    }

    private SourceNode ReadYaml(string text)
    {
        using var input = new StringReader(text);
        var scanner = new Scanner(input);
        try
        {
            var document = new YamlEvents(new Parser(scanner)).Read();
            return document is null ? throw Problem(1, "it holds no settings") : Convert(document);
        }
        catch (YamlException invalid)
        {
            throw Problem((int)invalid.Start.Line, $"this is not YAML: {ConfigurationKeys.Shorten(invalid.Message.TrimEnd('.'))}");
        }
        catch (Exception unexpected) when (unexpected is not ImportException and not OutOfMemoryException)
        {
            // On some inputs the parser throws other exceptions without a position; the scanner is then near the mistake.
            throw Problem((int)scanner.CurrentPosition.Line, "this is not YAML: something is not closed or indented wrongly near here");
        }
    }

    private SourceNode Convert(YamlEvent document)
    {
        var root = SourceNode.Root(KindOf(document), document.Line);
        Fill(root, document, 0);
        return root;
    }

    private void Fill(SourceNode node, YamlEvent item, int depth)
    {
        if (depth > DeepestNesting)
            throw Problem(item.Line, $"settings are nested more than {DeepestNesting} deep");
        foreach (var (key, value) in item.Entries)
        {
            Count(value.Line);
            var child = key is null ? node.Append(KindOf(value), value.Text, value.Line)
                : node.Add(key, Folded(key), KindOf(value), value.Text, value.Line);
            Fill(child, value, depth + 1);
        }
    }

    private static SourceKind KindOf(YamlEvent item) => item switch
    {
        { IsMap: true } => SourceKind.Map,
        { IsList: true } => SourceKind.List,
        { IsPlain: false } => SourceKind.Text,
        { Text: "" or "~" or "null" or "Null" or "NULL" } => SourceKind.Nothing,
        _ when item.Text.ToUpperInvariant() is "TRUE" or "FALSE" or "YES" or "NO" or "ON" or "OFF" => SourceKind.Flag,
        _ when Number.IsMatch(item.Text) => SourceKind.Number,
        _ => SourceKind.Text,
    };

    private SourceNode ReadJson(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        try
        {
            return new JsonSource(bytes, Folded, Count).Read();
        }
        catch (System.Text.Json.JsonException invalid)
        {
            throw Problem((int)(invalid.LineNumber ?? 0) + 1, "this is not JSON: a bracket, comma or quotation mark is wrong near here");
        }
    }

    private void Count(int line)
    {
        if (++_nodes > MostNodes)
            throw Problem(line, $"it expands to more than {MostNodes} settings");
    }

    private string Folded(string key) => _foldsCase ? Hump.Replace(key, match => $"_{match.Value}").ToLowerInvariant() : key;

    private ImportException Problem(int line, string what) => new($"{_file}:{line}: {what}.");
}
