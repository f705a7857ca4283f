using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Zod;

/// <summary>Zod: calls are inserted, removed or get another argument; comments and line breaks around them stay.</summary>
internal sealed class ZodLanguage : ISchemaLanguage
{
    /// <summary>Calls that narrow a text and that an enumeration does not have.</summary>
    private static readonly HashSet<string> s_ofText = new(StringComparer.Ordinal)
    {
        "min", "max", "length", "nonempty", "email", "uuid", "url", "datetime", "date", "regex", "ip", "ipv4", "ipv6", "trim",
    };

    public SchemaFormat Format => SchemaFormat.Zod;

    public SchemaModel Read(string text, string typeName) => ZodReader.Read(text, typeName);

    public string? Write(SchemaModel model, SchemaNode node, SchemaField? field, SchemaChange change)
    {
        if (node.Layout is not ZodLayout layout)
            return null;
        var text = model.Text;
        var number = change.Number.ToString(CultureInfo.InvariantCulture);
        return change.Kind switch
        {
            ChangeKind.Required => layout.Chain is { } chain ? WithoutOptional(text, chain) : null,
            ChangeKind.NotNull => layout.Chain is { } chain ? WithoutNull(text, chain) : null,
            ChangeKind.Optional => Insert(text, node.End, ".optional()"),
            ChangeKind.Nullable => Insert(text, node.End, ".nullable()"),
            ChangeKind.Integer => Insert(text, layout.BaseEnd, ".int()"),
            ChangeKind.Minimum => SetBound(text, layout, "min", number, "gte", "gt", "positive", "nonnegative"),
            ChangeKind.Maximum => SetBound(text, layout, "max", number, "lte", "lt", "negative", "nonpositive"),
            ChangeKind.MinLength or ChangeKind.MinItems => SetBound(text, layout, "min", number, "nonempty"),
            ChangeKind.MaxLength or ChangeKind.MaxItems => SetBound(text, layout, "max", number),
            ChangeKind.Format => FormatCall(change.Text) is { } call ? Insert(text, layout.BaseEnd, call) : null,
            ChangeKind.Pattern => Insert(text, layout.BaseEnd, $".regex(/{Escape(change.Text)}/)"),
            ChangeKind.Enum => WriteEnum(text, layout, change.Values),
            _ => null,
        };
    }

    /// <summary>The call of a format; null if its name depends on the version of Zod.</summary>
    private static string? FormatCall(string format) => format switch
    {
        TextFormats.Email => ".email()",
        TextFormats.Uuid => ".uuid()",
        TextFormats.Uri => ".url()",
        TextFormats.UtcDateTime => ".datetime()",
        TextFormats.DateTime => ".datetime({ offset: true })",
        TextFormats.Date => ".date()",
        _ => null,
    };

    private static string Insert(string text, int at, string call) => TextEdit.Apply(text, new TextEdit(at, at, call));

    /// <summary>Replaces the argument of an existing call, or inserts a call after the first.</summary>
    /// <param name="text">The schema.</param>
    /// <param name="layout">The place.</param>
    /// <param name="name">The call's name.</param>
    /// <param name="number">Its argument.</param>
    /// <param name="others">Equivalent calls, which are replaced as a whole.</param>
    private static string? SetBound(string text, ZodLayout layout, string name, string number, params ReadOnlySpan<string> others)
    {
        if (layout.Chain is not { } chain || chain.Find("length") is not null)
            return null;
        if (chain.Find(name) is { Arguments: [var argument, ..] })
            return TextEdit.Apply(text, new TextEdit(argument.Start, argument.End, number));
        foreach (var other in others)
        {
            if (chain.Find(other) is { } call)
                return TextEdit.Apply(text, new TextEdit(call.Start, call.End, $".{name}({number})"));
        }

        return Insert(text, layout.BaseEnd, $".{name}({number})");
    }

    private static string? WithoutOptional(string text, ZodChain chain) =>
        chain.Find("nullish") is { } nullish ? TextEdit.Apply(text, new TextEdit(nullish.Start, nullish.End, ".nullable()"))
        : chain.Find("optional") is { Arguments: [] } optional ? TextEdit.Apply(text, new TextEdit(optional.Start, optional.End, ""))
        : null;

    private static string? WithoutNull(string text, ZodChain chain) =>
        chain.Find("nullish") is { } nullish ? TextEdit.Apply(text, new TextEdit(nullish.Start, nullish.End, ".optional()"))
        : chain.Find("nullable") is { Arguments: [] } nullable ? TextEdit.Apply(text, new TextEdit(nullable.Start, nullable.End, ""))
        : null;

    /// <summary>Writes an enumeration. It has no <c>.min()</c>, so narrowing calls are removed: its values satisfied them.</summary>
    private static string? WriteEnum(string text, ZodLayout layout, IReadOnlyList<string> values)
    {
        if (layout.Chain is not { Calls: [{ Name: "string", Arguments: [] } first, .. var rest] } chain)
            return null;
        List<TextEdit> edits = [new(first.Start, first.End, $".enum([{string.Join(", ", values.Select(Quote))}])")];
        edits.AddRange(rest.Where(call => s_ofText.Contains(call.Name)).Select(call => new TextEdit(call.Start, call.End, "")));
        return TextEdit.Apply(text, edits);
    }

    private static string Quote(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";

    /// <summary>Escapes slashes, which would end the literal; within a class escaping is harmless.</summary>
    private static string Escape(string pattern)
    {
        var isEscaped = false;
        return string.Concat(pattern.Select(c =>
        {
            var text = c == '/' && !isEscaped ? "\\/" : c == '\n' ? "\\n" : c.ToString();
            isEscaped = c == '\\' && !isEscaped;
            return text;
        }));
    }
}
