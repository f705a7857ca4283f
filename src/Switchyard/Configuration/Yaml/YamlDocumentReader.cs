using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace Switchyard.Configuration.Yaml;

/// <summary>
/// Reads one YAML document into nodes with line and column. Throws only <see cref="YamlException"/>, for text that is not YAML and
/// for features of YAML that a configuration does not need.
/// </summary>
internal sealed class YamlDocumentReader
{
    /// <summary>Deeper than any configuration, and shallow enough for the stack.</summary>
    public const int DeepestNesting = 32;

    private readonly Parser _parser;
    private readonly Dictionary<AnchorName, YamlItem> _anchors = [];

    private int _written;

    private YamlDocumentReader(Scanner scanner) => _parser = new Parser(scanner);

    /// <summary>The document's root; null if the text holds nothing but comments.</summary>
    public static YamlItem? Read(string text) => Read(text, out _);

    /// <summary>The document's root; null if the text holds nothing but comments.</summary>
    /// <param name="text">The document.</param>
    /// <param name="written">The number of nodes written in it, where an alias is none.</param>
    public static YamlItem? Read(string text, out int written)
    {
        using var reader = new StringReader(text);
        var scanner = new Scanner(reader);
        try
        {
            var document = new YamlDocumentReader(scanner);
            var root = document.ReadDocument();
            written = document._written;
            return root;
        }
        catch (Exception unexpected) when (unexpected is not YamlException and not OutOfMemoryException)
        {
            // On some inputs the parser throws other exceptions instead of a syntax error; the scanner is then near the mistake.
            var near = scanner.CurrentPosition;
            const string Message = "A bracket, brace or quotation mark is not closed, or something is indented wrongly near here";
            throw new YamlException(near, near, Message, unexpected);
        }
    }

    private YamlItem? ReadDocument()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _))
            return null;
        var root = ReadItem(depth: 0);
        _parser.Consume<DocumentEnd>();
        if (_parser.Accept<DocumentStart>(out var second))
            throw new YamlException(second.Start, second.End, "A configuration is one document; a second one starts here ('---').");
        return root;
    }

    private YamlItem ReadItem(int depth)
    {
        if (_parser.TryConsume<AnchorAlias>(out var alias))
        {
            return _anchors.TryGetValue(alias.Value, out var known)
                ? known
                : throw new YamlException(alias.Start, alias.End, $"The alias '*{Shown(alias)}' names no anchor above it.");
        }

        var node = _parser.Consume<NodeEvent>();
        _written++;
        if (depth > DeepestNesting)
            throw new YamlException(node.Start, node.End, $"Settings are nested more than {DeepestNesting} deep.");
        if (!node.Tag.IsEmpty && !node.Tag.IsNonSpecific && !node.Tag.Value.StartsWith("tag:yaml.org,2002:", StringComparison.Ordinal))
            throw new YamlException(node.Start, node.End, "YAML tags ('!name') are not supported.");

        YamlItem item = node switch
        {
            Scalar scalar => new YamlText(IsNothing(scalar) ? null : VariableReferences.Unmask(scalar.Value), Line(scalar), Column(scalar)),
            SequenceStart => ReadList(node, depth),
            _ => ReadMap(node, depth),
        };
        if (!node.Anchor.IsEmpty)
            _anchors[node.Anchor] = item;
        return item;
    }

    private YamlList ReadList(NodeEvent start, int depth)
    {
        var items = new List<YamlItem>();
        while (!_parser.TryConsume<SequenceEnd>(out _))
            items.Add(ReadItem(depth + 1));
        return new YamlList(items, Line(start), Column(start));
    }

    private YamlMap ReadMap(NodeEvent start, int depth)
    {
        var entries = new List<(YamlText, YamlItem)>();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            if (!_parser.TryConsume<Scalar>(out var key))
                throw new YamlException(_parser.Current!.Start, _parser.Current.End, "A key must be plain text.");
            if (key.Value == "<<" && key.IsPlainImplicit)
                throw new YamlException(key.Start, key.End, "Merge keys ('<<') are not supported; write the settings out.");
            entries.Add((new YamlText(VariableReferences.Unmask(key.Value), Line(key), Column(key)), ReadItem(depth + 1)));
        }

        return new YamlMap(entries, Line(start), Column(start));
    }

    private static bool IsNothing(Scalar scalar) =>
        scalar.Style == ScalarStyle.Plain && scalar.Tag.IsEmpty && scalar.Value is "" or "~" or "null" or "Null" or "NULL";

    private static string Shown(AnchorAlias alias) => ConfigurationKeys.Shorten(alias.Value.Value);

    private static int Line(NodeEvent node) => (int)node.Start.Line;

    private static int Column(NodeEvent node) => (int)node.Start.Column;
}
