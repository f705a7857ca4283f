using System.Globalization;
using Acornima;
using Acornima.Ast;
using Switchyard.Refinement.Schemas;

namespace Switchyard.Refinement.Zod;

/// <summary>Reads one Zod text: parses it and evaluates the calls' names and arguments. Nothing is run.</summary>
internal sealed class ZodReader
{
    /// <summary>Calls that add no rule for a value.</summary>
    private static readonly HashSet<string> s_neutral = new(StringComparer.Ordinal)
    {
        "describe", "meta", "strip", "brand", "readonly", "passthrough", "loose", "openapi", "register",
    };

    /// <summary>Calls that can only refuse more values, by code or by unknown rules.</summary>
    private static readonly HashSet<string> s_narrowing = new(StringComparer.Ordinal)
    {
        "refine", "superRefine", "check", "transform", "pipe", "multipleOf", "step", "cuid", "cuid2", "ulid", "nanoid", "base64",
        "base64url",
        "jwt", "emoji", "cidr", "time", "duration", "hex", "regex", "startsWith", "endsWith", "includes", "uppercase", "lowercase", "min",
        "max",
        "length", "gt", "gte", "lt", "lte",
    };

    /// <summary>Calls that change a text before further checks, so that the checks do not see the sample itself.</summary>
    private static readonly HashSet<string> s_rewriting = new(StringComparer.Ordinal)
    {
        "trim", "toLowerCase", "toUpperCase", "normalize", "overwrite",
    };

    private readonly Dictionary<string, Node> _named = new(StringComparer.Ordinal);

    private readonly Dictionary<Node, SchemaNode> _made = new(ReferenceEqualityComparer.Instance);
    private readonly HashSet<string> _zod = new(StringComparer.Ordinal) { "z", "zod" };
    private int _depth;

    /// <exception cref="SchemaTextException">The text is not JavaScript, or has no schema.</exception>
    public static SchemaModel Read(string text, string typeName)
    {
        var reader = new ZodReader();
        Node? last = null;
        foreach (var statement in Parse(text).Body)
            last = reader.Look(statement) ?? last;
        var root = reader.Find(typeName) ?? last ?? throw new SchemaTextException(
            "The text declares no Zod schema: send something like const User = z.object({ name: z.string() }).");
        return new SchemaModel(SchemaFormat.Zod, text, typeName, reader.Node(root));
    }

    private static Module Parse(string text)
    {
        try
        {
            return new Parser(new ParserOptions()).ParseModule(TypeScriptText.Blank(text));
        }
        catch (ParseErrorException e)
        {
            throw new SchemaTextException(
                $"The Zod schema cannot be parsed: line {e.LineNumber}, column {e.Column + 1}: {e.Description}.", e);
        }
        catch (InsufficientExecutionStackException e)
        {
            throw new SchemaTextException($"The schema is nested more than {SchemaModel.MaxDepth} deep.", e);
        }
    }

    /// <summary>Records the declarations of a statement, and returns its schema if it has one.</summary>
    private Node? Look(Statement statement)
    {
        switch (statement)
        {
            case ExportNamedDeclaration { Declaration: Statement inner }:
                return Look(inner);
            case ExportDefaultDeclaration { Declaration: Expression exported }:
                return IsSchema(exported) ? exported : null;
            case ExpressionStatement { Expression: var expression }:
                return expression is AssignmentExpression { Right: var assigned } && IsSchema(assigned) ? assigned
                    : IsSchema(expression) ? expression : null;
            case ImportDeclaration { Source.Value: string source } import when source.StartsWith("zod", StringComparison.Ordinal):
                foreach (var name in import.Specifiers)
                    _zod.Add(name.Local.Name);
                return null;
            case VariableDeclaration variables:
                Node? last = null;
                foreach (var variable in variables.Declarations)
                {
                    if (variable is not { Id: Identifier name, Init: { } value } || !IsSchema(value))
                        continue;
                    _named[name.Name] = value;
                    last = value;
                }

                return last;
            default:
                return null;
        }
    }

    private bool IsSchema(Node expression) => ZodChain.Of(expression) is { Calls.Count: > 0 } chain
        && chain.StartName is { } name && (_zod.Contains(name) || _named.ContainsKey(name));

    private Node? Find(string typeName)
    {
        if (typeName.Length == 0)
            return null;
        foreach (var name in (string[])[typeName, typeName + "Schema", "z" + typeName])
        {
            if (_named.FirstOrDefault(each => each.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value is { } found)
                return found;
        }

        return null;
    }

    private SchemaNode Node(Node expression)
    {
        if (_made.TryGetValue(expression, out var made))
            return made;
        if (++_depth > SchemaModel.MaxDepth)
            throw new SchemaTextException($"The schema is nested more than {SchemaModel.MaxDepth} deep.");
        var node = Describe(expression);
        _depth--;
        return node;
    }

    private SchemaNode Describe(Node expression)
    {
        if (expression is Identifier { Name: var name } && _named.TryGetValue(name, out var named))
            return Reference(expression, named, new ZodLayout(expression.End));
        if (ZodChain.Of(expression) is not { Calls: [var first, ..] } chain || chain.StartName is not { } start)
            return Unknown(expression, expression is CallExpression { Callee: Identifier { Name: var called } }
                ? $"it calls '{Short(called)}', and code is not run"
                : "it is not a chain of calls of z, and code is not run");
        if (_named.TryGetValue(start, out var other))
            return Refined(Reference(expression, other, new ZodLayout(chain.Start.End) { Chain = chain }), chain.Calls, 0);
        if (!_zod.Contains(start))
            return Unknown(expression, $"it calls '{Short(start)}', and code is not run");
        return Base(expression, chain, first);
    }

    private SchemaNode Base(Node expression, ZodChain chain, ZodCall first)
    {
        var layout = new ZodLayout(first.End) { Chain = chain };
        Facets? facets = first.Name switch
        {
            "string" => new(NodeKind.Text),
            "number" => new(NodeKind.Number),
            "int" or "int32" => new(NodeKind.Integer),
            "boolean" => new(NodeKind.Flag),
            "object" or "strictObject" or "looseObject" => new(NodeKind.Object),
            "array" => new(NodeKind.List),
            "email" or "uuid" or "url" or "ipv4" or "ipv6" => new(NodeKind.Text) { Format = TextFormats.NameOf(first.Name) },
            "enum" when TextsOf(first) is { } texts => new(NodeKind.Text) { Choices = new(texts) },
            "literal" when first.Arguments is [StringLiteral one] => new(NodeKind.Text) { Choices = new([one.Value]) },
            "any" or "unknown" => Facets.Anything,
            _ => null,
        };
        if (facets is null && first is { Name: "lazy", Arguments: [ArrowFunctionExpression { Body: Identifier { Name: var lazy } }] }
            && _named.TryGetValue(lazy, out var later))
        {
            return Refined(Reference(expression, later, layout), chain.Calls, 1);
        }

        if (facets is null && first is { Name: "optional" or "nullable" or "nullish", Arguments: [var inner] })
        {
            var wrapped = Reference(expression, inner, layout);
            wrapped.Facets = wrapped.Facets with { IsNullable = first.Name != "optional" };
            return Refined(wrapped, chain.Calls, 1);
        }

        if (facets is null)
            return Unknown(expression, $"z.{Short(first.Name)} is not supported");
        var node = new SchemaNode(facets, expression.Start, expression.End) { Layout = layout };
        _made[expression] = node;
        if (first is { Name: "object" or "strictObject" or "looseObject", Arguments: [ObjectExpression fields, ..] })
        {
            AddFields(node, fields);
            node.IsClosed = first.Name == "strictObject";
        }
        else if (facets.Kind == NodeKind.Object)
        {
            node.Untouched = "its fields are made by code, which is not run";
        }
        else if (facets.Kind == NodeKind.List && first.Arguments is [var items, ..])
        {
            node.Items = Node(items);
        }

        return Refined(node, chain.Calls, 1);
    }

    private void AddFields(SchemaNode node, ObjectExpression fields)
    {
        foreach (var property in fields.Properties)
        {
            var name = property switch
            {
                ObjectProperty { Computed: false, Key: Identifier key } => key.Name,
                ObjectProperty { Computed: false, Key: StringLiteral key } => key.Value,
                ObjectProperty { Computed: false, Key: NumericLiteral key } => key.Raw,
                _ => null,
            };
            if (name is null || property is not ObjectProperty { Value: var value })
            {
                node.Untouched = "it takes fields from other code, which is not run";
                continue;
            }

            if (node.Fields.Any(field => field.Name == name))
                continue;
            var child = Node(value);
            var isOptional = child.Facets.Kind == NodeKind.Any || IsOptional(value, 0);
            node.Fields.Add(new SchemaField(name, child, isOptional, property.Start, property.End));
        }
    }

    private bool IsOptional(Node expression, int hops) =>
        expression is Identifier { Name: var name } ? hops < SchemaModel.MaxDepth && _named.TryGetValue(name, out var named)
            && IsOptional(named, hops + 1)
        : ZodChain.Of(expression) is { } chain
            && (chain.Calls.Any(call => ZodRules.IsPresence(call.Name) && call.Name != "nullable")
                || (hops < SchemaModel.MaxDepth && chain.StartName is { } start && _named.TryGetValue(start, out var other)
                    && IsOptional(other, hops + 1)));

    /// <summary>Reads the remaining calls of a chain.</summary>
    private static SchemaNode Refined(SchemaNode node, List<ZodCall> calls, int from)
    {
        var isRewritten = false;
        for (var i = from; i < calls.Count; i++)
        {
            var call = calls[i];
            if (ZodRules.Apply(node.Facets, call) is { } facets)
                node.Facets = facets;
            else if (call.Name == "array" && i == calls.Count - 1 && node.Facets.Kind != NodeKind.List)
                return Wrapped(node, calls, call);
            else if (call.Name is "strict" or "strip" or "passthrough" or "loose" && node.Facets.Kind == NodeKind.Object)
                node.IsClosed = call.Name == "strict";
            else if (s_narrowing.Contains(call.Name) || s_rewriting.Contains(call.Name))
                node.Untouched = $".{call.Name}(…) is not supported, and code is not run";
            else if (!s_neutral.Contains(call.Name) && (!ZodRules.IsPresence(call.Name) || call.Name == "catch"))
                return Opaque(node, call);
            isRewritten |= s_rewriting.Contains(call.Name);
        }

        if (isRewritten)
            node.Facets = new Facets(node.Facets.Kind) { IsNullable = node.Facets.IsNullable };
        return node;
    }

    /// <summary>The node after a call that may accept more values: no rule is known for it.</summary>
    private static SchemaNode Opaque(SchemaNode node, ZodCall call)
    {
        node.Facets = Facets.Anything;
        node.Fields.Clear();
        (node.Items, node.Target, node.IsClosed) = (null, null, false);
        node.Untouched = $".{Short(call.Name)}(…) may change the shape, and code is not run";
        return node;
    }

    /// <summary><c>z.string().array()</c>: the calls before it describe the items.</summary>
    private static SchemaNode Wrapped(SchemaNode items, List<ZodCall> calls, ZodCall call)
    {
        items.Untouched ??= calls.Any(each => ZodRules.IsPresence(each.Name)) ? "it is wrapped into a list" : null;
        return new SchemaNode(new Facets(NodeKind.List), items.Start, call.End) { Items = items, Layout = new ZodLayout(call.End) };
    }

    private SchemaNode Reference(Node expression, Node target, ZodLayout layout)
    {
        var node = new SchemaNode(new Facets(NodeKind.Reference), expression.Start, expression.End) { Layout = layout };
        // Added before the target is read: it may refer back to this node.
        _made[expression] = node;
        node.Target = Node(target);
        return node;
    }

    private static SchemaNode Unknown(Node expression, string why) =>
        new(Facets.Anything, expression.Start, expression.End) { Untouched = why, Layout = new ZodLayout(expression.End) };

    private static List<string>? TextsOf(ZodCall call) =>
        call.Arguments is [ArrayExpression list, ..] && list.Elements.All(item => item is StringLiteral)
            ? [.. list.Elements.Select(item => ((StringLiteral)item!).Value)]
            : null;

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}

/// <summary>The position data that the writer needs for a place.</summary>
/// <param name="BaseEnd">Where the first call ends, after which others are inserted.</param>
internal sealed record ZodLayout(int BaseEnd)
{
    public ZodChain? Chain { get; init; }
}
