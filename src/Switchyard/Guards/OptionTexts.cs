using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Dialects.Shared.Fields;
using Switchyard.Dialects.Shared.Tools;

namespace Switchyard.Guards;

/// <summary>
/// Walks over the texts of a request beside its messages: instructions, tools, the schema of the answer, stop sequences, and the fields of
/// the client's format, such as the name of the end user and metadata. Copies an object when a text in it is replaced.
/// </summary>
/// <param name="walk">Walks over values.</param>
internal readonly struct OptionTexts(TextWalk walk)
{
    // Values of any type that callers in this process may set. Of other fields only texts and JSON are walked: an object may be the
    // program's own, for its own client.
    private static readonly string[] s_fields =
        ["suffix", "prediction", "metadata", "user", CanonicalKeys.Own(DialectId.OpenAIResponses, "instructions")];

    // The tool servers of a request, with the tokens by which they are called.
    private static readonly string[] s_withCredentials = ["mcp_servers", "mcpServers"];

    // A tool of a vendor's own format may hold addresses and tokens as well, so that only these members of it are walked.
    private static readonly string[] s_ofTools =
        ["description", "server_description", "definition", "city", "region", "metadataFilter", "metadata_filter"];

    /// <summary>Walks the options; returns the same object if nothing is replaced.</summary>
    public ChatOptions Walk(ChatOptions options)
    {
        var instructions = walk.WalkValue(options.Instructions);
        var kept = Walk(options.AdditionalProperties);
        var tools = WalkTools(options.Tools);
        var format = Walk(options.ResponseFormat);
        var stops = WalkStops(options.StopSequences);
        if (ReferenceEquals(instructions, options.Instructions) && ReferenceEquals(kept, options.AdditionalProperties) && tools is null
            && ReferenceEquals(format, options.ResponseFormat) && stops is null)
        {
            return options;
        }

        var changed = options.Clone();
        changed.Instructions = (string?)instructions;
        changed.AdditionalProperties = kept;
        changed.ResponseFormat = format;
        changed.Tools = tools ?? changed.Tools;
        changed.StopSequences = stops ?? changed.StopSequences;
        return changed;
    }

    /// <summary>Walks further fields; returns the same object if nothing is replaced.</summary>
    public AdditionalPropertiesDictionary? Walk(AdditionalPropertiesDictionary? kept)
    {
        AdditionalPropertiesDictionary? changed = null;
        foreach (var (name, value) in kept ?? [])
        {
            if (!HasText(name, value))
                continue;
            var other = value switch
            {
                KeptWire wire => Walk(wire),
                ProviderStateField stored => Walk(stored),
                _ => walk.WalkValue(value),
            };
            if (!ReferenceEquals(other, value))
                (changed ??= kept!.Clone())[name] = other;
        }

        return changed ?? kept;
    }

    private static bool HasText(string name, object? value)
    {
        if (s_withCredentials.Contains(name[(name.LastIndexOf(':') + 1)..], StringComparer.Ordinal))
            return false;
        return s_fields.Contains(name, StringComparer.Ordinal)
            || value is string or IEnumerable<string> or JsonNode or KeptWire
                or ProviderStateField { Value.ValueKind: JsonValueKind.Object or JsonValueKind.Array }
                or JsonElement { ValueKind: JsonValueKind.String or JsonValueKind.Object or JsonValueKind.Array };
    }

    private KeptWire Walk(KeptWire wire)
    {
        object value = wire.Value;
        var other = walk.WalkValue(value);
        return ReferenceEquals(other, value) ? wire : new KeptWire((JsonElement)other!);
    }

    /// <summary>A stored prompt comes with the values of its variables, and a list of parts may have texts beside a file.</summary>
    private ProviderStateField Walk(ProviderStateField stored)
    {
        object value = stored.Value;
        var other = walk.WalkValue(value);
        return ReferenceEquals(other, value) ? stored : stored with { Value = (JsonElement)other! };
    }

    private List<AITool>? WalkTools(IList<AITool>? tools)
    {
        List<AITool>? changed = null;
        for (var i = 0; i < (tools?.Count ?? 0); i++)
        {
            var other = Walk(tools![i]);
            if (!ReferenceEquals(other, tools[i]))
                (changed ??= [.. tools])[i] = other;
        }

        return changed;
    }

    private AITool Walk(AITool tool) => tool switch
    {
        DeclaredFunction declared => Walk(declared, declared.WireDescription, declared.WireSchema),
        AIFunctionDeclaration function => Walk(function, function.Description, function.JsonSchema),
        DeclaredNamespace group => Walk(group),
        DeclaredTool => WalkWhole(tool) is { } raw ? new DeclaredTool(tool.Name, raw.Key, raw.Value) : tool,
        _ => tool,
    };

    private AITool Walk(AIFunctionDeclaration function, string? description, JsonElement? schema)
    {
        var otherDescription = walk.WalkValue(description);
        object? written = schema;
        var otherSchema = walk.WalkValue(written);
        // The whole declaration, which its own format would send instead, repeats the texts; it is left out if one of them is replaced.
        var others = new AdditionalPropertiesDictionary(
            function.AdditionalProperties.Where(static entry => !WholeContent.IsWhole(entry.Key)));
        var walked = Walk(others);
        if (ReferenceEquals(otherDescription, description) && ReferenceEquals(otherSchema, written) && ReferenceEquals(walked, others))
            return function;
        var (text, json) = ((string?)otherDescription, otherSchema is JsonElement element ? element : default(JsonElement?));
        // A function of this process stays one, because the client that gets it may call it.
        return function is AIFunction callable
            ? new GuardedFunction(callable, text ?? "", json ?? callable.JsonSchema)
            : new DeclaredFunction(function.Name, text, json, walked);
    }

    private DeclaredNamespace Walk(DeclaredNamespace group)
    {
        var raw = WalkWhole(group);
        var members = WalkTools([.. group.Members]);
        if (raw is null && members is null)
            return group;
        var (key, value) = raw ?? WholeOf(group);
        return new DeclaredNamespace(group.Name, key, value, members ?? group.Members);
    }

    /// <summary>Walks the wire object of a vendor's own tool.</summary>
    /// <returns>Its key and the changed object; null if nothing is replaced.</returns>
    private KeyValuePair<string, JsonElement>? WalkWhole(AITool tool)
    {
        var (key, value) = WholeOf(tool);
        return walk.Beside.TryReplace(value, s_ofTools, out var other) ? new(key, other) : null;
    }

    private static KeyValuePair<string, JsonElement> WholeOf(AITool tool)
    {
        var (key, value) = tool.AdditionalProperties.First(static entry => entry.Value is JsonElement);
        return new(key, (JsonElement)value!);
    }

    private ChatResponseFormat? Walk(ChatResponseFormat? format)
    {
        if (format is not ChatResponseFormatJson { Schema: { } schema } json)
            return format;
        object written = schema;
        var otherSchema = walk.WalkValue(written);
        var description = walk.WalkValue(json.SchemaDescription);
        return ReferenceEquals(otherSchema, written) && ReferenceEquals(description, json.SchemaDescription)
            ? format
            : ChatResponseFormat.ForJsonSchema((JsonElement)otherSchema!, json.SchemaName, (string?)description);
    }

    private List<string>? WalkStops(IList<string>? stops)
    {
        List<string>? changed = null;
        for (var i = 0; i < (stops?.Count ?? 0); i++)
        {
            var other = (string)walk.WalkValue(stops![i])!;
            if (!ReferenceEquals(other, stops[i]))
                (changed ??= [.. stops])[i] = other;
        }

        return changed;
    }

    /// <summary>A function of this process with other texts.</summary>
    private sealed class GuardedFunction(AIFunction inner, string description, JsonElement schema) : DelegatingAIFunction(inner)
    {
        public override string Description { get; } = description;

        public override JsonElement JsonSchema { get; } = schema;
    }
}
