using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;

namespace Switchyard.Canonical;

/// <summary>
/// Turns the .NET values that a caller in this process put into <c>AdditionalProperties</c> into the JSON that dialects read there:
/// <c>["reasoning_effort"] = "high"</c> counts like the same field of a request over HTTP. Values without a JSON form are reported as lost.
/// On tools, messages and their parts that applies to the fields in <see cref="FieldNames"/>; any other plain value there is the caller's
/// own, neither sent nor reported. It is done once, for a request made of objects, before it is encoded for a provider over HTTP; an
/// <c>IChatClient</c> gets the caller's own values. The caller's objects are never changed.
/// </summary>
internal static class PlainValues
{
    private const string RawRepresentation = "RawRepresentationFactory";

    /// <summary>The keys under which Switchyard itself keeps .NET values, by the conventions of <see cref="CanonicalKeys"/>.</summary>
    private static readonly HashSet<string> s_marks = new(StringComparer.Ordinal)
    {
        CanonicalKeys.ChoiceIndex, CanonicalKeys.FinishReason, CanonicalKeys.Refusal, CanonicalKeys.ToolCallIndex,
        CanonicalKeys.RawArguments, CanonicalKeys.ImageDetail, CanonicalKeys.CustomToolCall, CanonicalKeys.LegacyFunctionCall,
        CanonicalKeys.PartType, CanonicalKeys.ReasoningBudget, CanonicalKeys.ReasoningOrigin, CanonicalKeys.RedactedReasoning,
        CanonicalKeys.Signature, CanonicalKeys.IsError, CanonicalKeys.StopSequence, CanonicalKeys.Ping, AnswerMembers.OfUpdates,
        // Used by one dialect only: a call whose id came over the wire, options of a client that speaks the format itself, an effort that
        // applies to the whole answer.
        CanonicalKeys.Own(DialectId.Gemini, "has_wire_id"), CanonicalKeys.Own(DialectId.OpenAIResponses, "native"),
        CanonicalKeys.Own(DialectId.AnthropicMessages, "output_config.effort"),
    };

    /// <summary>Whether a key is one under which Switchyard itself keeps a .NET value.</summary>
    public static bool IsMark(string key) => s_marks.Contains(key);

    /// <summary>The request with JSON in place of plain values; the same object if it has none.</summary>
    public static CanonicalRequest ToJson(CanonicalRequest request, LossReport losses) => request switch
    {
        CanonicalChatRequest chat => ToJson(chat, losses),
        CanonicalEmbeddingRequest embedding => ToJson(embedding, losses),
        _ => request,
    };

    /// <summary>
    /// The request for steps that read it before it is written: the caller's factory has been called, once. The members of a JSON object it
    /// returned are fields of the request; another library's object is passed on. The same request if it has no factory.
    /// </summary>
    public static CanonicalRequest Made(CanonicalRequest request) => request switch
    {
        CanonicalChatRequest { Raw: { } make } chat => Made(chat, make()),
        CanonicalEmbeddingRequest { Raw: { } make } embedding => Made(embedding, make()),
        _ => request,
    };

    /// <summary>
    /// The fields of a request that has no canonical form: the caller's additional properties as JSON, and the members of the JSON object
    /// that its <c>RawRepresentationFactory</c> returns, unless they are set otherwise.
    /// </summary>
    /// <param name="kept">The additional properties; null for none.</param>
    /// <param name="factory">The caller's factory; null for none.</param>
    /// <param name="make">Calls the factory.</param>
    /// <param name="losses">Receives the names of values without a JSON form.</param>
    public static IEnumerable<KeyValuePair<string, JsonElement>> FieldsOf(
        AdditionalPropertiesDictionary? kept, Delegate? factory, Func<object?>? make, LossReport losses) =>
        from pair in WithRaw(ToJson(kept, "", FieldNames.OfOptions, losses), factory, make, losses) ?? []
        where pair.Value is JsonElement
        select KeyValuePair.Create(pair.Key, (JsonElement)pair.Value!);

    private static CanonicalChatRequest Made(CanonicalChatRequest chat, object? made)
    {
        if (Fields(made) is not { } fields)
            return new CanonicalChatRequest(chat.Messages, chat.Options, chat.Operation) { Stream = chat.Stream, Raw = () => made };
        var options = chat.Options.Clone();
        options.AdditionalProperties = With(options.AdditionalProperties, fields);
        options.RawRepresentationFactory = null;
        return new CanonicalChatRequest(chat.Messages, options, chat.Operation) { Stream = chat.Stream };
    }

    private static CanonicalEmbeddingRequest Made(CanonicalEmbeddingRequest embedding, object? made)
    {
        if (Fields(made) is not { } fields)
            return new CanonicalEmbeddingRequest(embedding.Inputs, embedding.Options) { Base64 = embedding.Base64, Raw = () => made };
        var options = embedding.Options.Clone();
        options.AdditionalProperties = With(options.AdditionalProperties, fields);
        options.RawRepresentationFactory = null;
        return new CanonicalEmbeddingRequest(embedding.Inputs, options) { Base64 = embedding.Base64 };
    }

    private static CanonicalChatRequest ToJson(CanonicalChatRequest request, LossReport losses)
    {
        var options = request.Options;
        var kept = WithRaw(
            ToJson(options.AdditionalProperties, "", FieldNames.OfOptions, losses), options.RawRepresentationFactory, request.Raw, losses);
        var tools = ToJson(options.Tools, losses);
        if (!ReferenceEquals(kept, options.AdditionalProperties) || !ReferenceEquals(tools, options.Tools))
        {
            options = options.Clone();
            options.AdditionalProperties = kept;
            options.Tools = tools;
        }

        var messages = ToJson(request.Messages, losses);
        return ReferenceEquals(options, request.Options) && ReferenceEquals(messages, request.Messages)
            ? request
            : new CanonicalChatRequest(messages, options, request.Operation) { Stream = request.Stream };
    }

    private static CanonicalEmbeddingRequest ToJson(CanonicalEmbeddingRequest request, LossReport losses)
    {
        var options = request.Options;
        var kept = WithRaw(
            ToJson(options.AdditionalProperties, "", FieldNames.OfOptions, losses), options.RawRepresentationFactory, request.Raw, losses);
        if (ReferenceEquals(kept, options.AdditionalProperties))
            return request;
        options = options.Clone();
        options.AdditionalProperties = kept;
        return new CanonicalEmbeddingRequest(request.Inputs, options) { Base64 = request.Base64 };
    }

    /// <summary>
    /// Adds the result of the caller's <c>RawRepresentationFactory</c>: the members of a JSON object are fields of the request, unless they
    /// are set otherwise. An object of another library cannot be used here, and is reported as lost.
    /// </summary>
    private static AdditionalPropertiesDictionary? WithRaw(
        AdditionalPropertiesDictionary? kept, Delegate? factory, Func<object?>? make, LossReport losses)
    {
        if (factory is null)
            return kept;
        var made = make?.Invoke();
        if (Fields(made) is { } json)
            return With(kept, json);
        if (made is not null || make is null)
            losses.Drop(RawRepresentation);
        return kept;
    }

    /// <summary>The JSON object that a factory returned; null for anything else.</summary>
    private static JsonElement? Fields(object? made) => made switch
    {
        JsonElement { ValueKind: JsonValueKind.Object } element => element,
        JsonObject node => JsonSerializer.SerializeToElement(node, CanonicalJson.Default.JsonObject),
        _ => null,
    };

    private static AdditionalPropertiesDictionary With(AdditionalPropertiesDictionary? kept, JsonElement fields)
    {
        var all = kept is null ? [] : new AdditionalPropertiesDictionary(kept);
        foreach (var member in fields.EnumerateObject())
            all.TryAdd(member.Name, member.Value.Clone());
        return all;
    }

    private static IReadOnlyList<ChatMessage> ToJson(IReadOnlyList<ChatMessage> messages, LossReport losses)
    {
        ChatMessage[]? changed = null;
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            var kept = AnswerMembers.Without(message);
            if (HasPlain(kept ?? message.AdditionalProperties, FieldNames.OfMessage))
                kept = ToJson(kept ?? message.AdditionalProperties, $"messages[{i}].", FieldNames.OfMessage, losses);
            var contents = ToJson(message.Contents, i, losses);
            if (kept is null && contents is null)
                continue;
            var copy = message.Clone();
            copy.AdditionalProperties = kept ?? message.AdditionalProperties;
            copy.Contents = contents ?? message.Contents;
            (changed ??= [.. messages])[i] = copy;
        }

        return changed ?? messages;
    }

    /// <summary>The contents with JSON in place of plain values; null if they have none.</summary>
    private static List<AIContent>? ToJson(IList<AIContent> contents, int message, LossReport losses)
    {
        List<AIContent>? changed = null;
        for (var i = 0; i < contents.Count; i++)
        {
            if (!HasPlain(contents[i].AdditionalProperties, FieldNames.OfPart))
                continue;
            var path = $"messages[{message}].content[{i}].";
            if (Copy(contents[i]) is not { } copy)
            {
                foreach (var (key, value) in contents[i].AdditionalProperties!)
                {
                    if (FieldOf(key, value, FieldNames.OfPart) is not null)
                        losses.Drop(path + key);
                }

                continue;
            }

            copy.AdditionalProperties = ToJson(contents[i].AdditionalProperties, path, FieldNames.OfPart, losses);
            (changed ??= [.. contents])[i] = copy;
        }

        return changed;
    }

    private static IList<AITool>? ToJson(IList<AITool>? tools, LossReport losses)
    {
        if (tools is null)
            return null;
        List<AITool>? changed = null;
        for (var i = 0; i < tools.Count; i++)
        {
            if (tools[i] is AIFunctionDeclaration function
                && function.AdditionalProperties.Any(static pair => FieldOf(pair.Key, pair.Value, FieldNames.OfTool) is not null))
            {
                var kept = new AdditionalPropertiesDictionary(function.AdditionalProperties);
                (changed ??= [.. tools])[i] = new JsonFunction(function, ToJson(kept, $"tools[{i}].", FieldNames.OfTool, losses)!);
            }
        }

        return changed ?? tools;
    }

    [return: NotNullIfNotNull(nameof(kept))]
    private static AdditionalPropertiesDictionary? ToJson(
        AdditionalPropertiesDictionary? kept, string path, Func<string, string?> nameOf, LossReport losses)
    {
        if (!HasPlain(kept, nameOf))
            return kept;
        var json = new AdditionalPropertiesDictionary();
        foreach (var (key, value) in kept!)
        {
            if (FieldOf(key, value, nameOf) is not { } field)
                json[key] = value;
            else if (ToElement(value) is { } element)
                json[field] = element;
            else
                losses.Drop(path + key);
        }

        return json;
    }

    private static bool HasPlain(AdditionalPropertiesDictionary? kept, Func<string, string?> nameOf)
    {
        if (kept is null)
            return false;
        foreach (var (key, value) in kept)
        {
            if (FieldOf(key, value, nameOf) is not null)
                return true;
        }

        return false;
    }

    /// <summary>
    /// The request field of a caller's value, by its name; null for a value that is JSON, for Switchyard's own marks and objects, and
    /// for a name that is not a field here.
    /// </summary>
    private static string? FieldOf(string key, object? value, Func<string, string?> nameOf)
    {
        if (value is JsonElement || value?.GetType().Assembly == typeof(PlainValues).Assembly
            || s_marks.Contains(key) || IsFact(key))
        {
            return null;
        }

        // A caller that attaches JSON means it for the wire, whatever its name.
        return value is JsonNode ? key : nameOf(key);
    }

    /// <summary>Whether a name is one of those under which Switchyard attaches the facts of an answer.</summary>
    private static bool IsFact(string key) =>
        key.StartsWith("x-switchyard-", StringComparison.OrdinalIgnoreCase)
        || key.Equals("x-request-id", StringComparison.OrdinalIgnoreCase);

    /// <summary>A value as JSON; null if it has no JSON form, or none that a program compiled ahead of time contains.</summary>
    private static JsonElement? ToElement(object? value)
    {
        try
        {
            if (value is null)
                return JsonElement.Parse("null");
            return AIJsonUtilities.DefaultOptions.TryGetTypeInfo(value.GetType(), out var type)
                ? JsonSerializer.SerializeToElement(value, type)
                : null;
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    /// <summary>A copy without additional properties; null for a class this library does not know.</summary>
    public static AIContent? Copy(AIContent content)
    {
        var copy = content switch
        {
            TextContent text when content.GetType() == typeof(TextContent) => new TextContent(text.Text),
            TextReasoningContent thought => new TextReasoningContent(thought.Text) { ProtectedData = thought.ProtectedData },
            DataContent data when content.GetType() == typeof(DataContent) =>
                new DataContent(data.Data, data.MediaType) { Name = data.Name },
            UriContent file => new UriContent(file.Uri, file.MediaType),
            HostedFileContent file => new HostedFileContent(file.FileId) { MediaType = file.MediaType, Name = file.Name },
            FunctionCallContent call when content.GetType() == typeof(FunctionCallContent) =>
                new FunctionCallContent(call.CallId, call.Name, call.Arguments)
                {
                    Exception = call.Exception,
                    InformationalOnly = call.InformationalOnly,
                },
            FunctionResultContent result when content.GetType() == typeof(FunctionResultContent) =>
                new FunctionResultContent(result.CallId, result.Result) { Exception = result.Exception },
            _ => (AIContent?)null,
        };
        if (copy is null)
            return null;
        copy.Annotations = content.Annotations;
        copy.RawRepresentation = content.RawRepresentation;
        return copy;
    }

    /// <summary>A caller's function with JSON in place of its plain values.</summary>
    private sealed class JsonFunction(AIFunctionDeclaration function, AdditionalPropertiesDictionary kept) : AIFunctionDeclaration
    {
        public override string Name => function.Name;

        public override string Description => function.Description;

        public override JsonElement JsonSchema => function.JsonSchema;

        public override JsonElement? ReturnJsonSchema => function.ReturnJsonSchema;

        public override IReadOnlyDictionary<string, object?> AdditionalProperties => kept;
    }
}
