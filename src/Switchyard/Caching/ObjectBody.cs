using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;

namespace Switchyard.Caching;

/// <summary>Adds a request made of objects to a key. A request without a JSON form cannot be recognised again, and is not kept.</summary>
internal static class ObjectBody
{
    private static readonly JsonSerializerOptions s_options = AIJsonUtilities.DefaultOptions;

    /// <summary>Adds the request.</summary>
    /// <returns>False if the answer to the request is not kept.</returns>
    public static bool TryAdd(KeyWriter key, CanonicalRequest request)
    {
        try
        {
            switch (request)
            {
                case CanonicalChatRequest chat when IsRecognisable(chat):
                    key.AddJson(json => Write(json, chat));
                    return true;
                case CanonicalEmbeddingRequest { Options.RawRepresentationFactory: null } embedding
                    when IsPlain(embedding.Options.AdditionalProperties):
                    key.AddJson(json => Write(json, embedding));
                    return true;
                default:
                    return false;
            }
        }
        catch (Exception e) when (e is NotSupportedException or JsonException or InvalidOperationException or ArgumentException)
        {
            // An object of the caller's own class.
            return false;
        }
    }

    /// <summary>
    /// Whether the request is complete: a factory may produce anything, and a conversation stored elsewhere changes with each call.
    /// </summary>
    private static bool IsRecognisable(CanonicalChatRequest request) => request.Options is
    {
        RawRepresentationFactory: null, ConversationId: null, ContinuationToken: null, AllowBackgroundResponses: not true,
    } options
        && IsPlain(options.AdditionalProperties)
        && (options.Tools ?? []).All(
            static tool => tool is AIFunctionDeclaration or HostedWebSearchTool && IsPlain(tool.AdditionalProperties))
        && request.Messages.All(static message =>
            IsPlain(message.AdditionalProperties) && message.Contents.All(static content => IsPlain(content.AdditionalProperties)));

    /// <summary>
    /// Whether a value is fully described by its JSON. An object of the caller's own class may hold more, which a provider in this process
    /// would receive.
    /// </summary>
    private static bool IsPlain(object? value) => value switch
    {
        null or string or bool or JsonElement or JsonNode or ChatFinishReason or Enum => true,
        IFormattable and ValueType => value.GetType().Assembly == typeof(int).Assembly,
        IReadOnlyDictionary<string, object?> map => map.Values.All(IsPlain),
        IDictionary<string, object?> map => map.Values.All(IsPlain),
        System.Collections.IEnumerable list => list.Cast<object?>().All(IsPlain),
        _ => false,
    };

    private static void Write(Utf8JsonWriter json, CanonicalChatRequest request)
    {
        json.WriteStartArray();
        // The serialiser leaves out the tools. The model is part of the key already.
        var options = request.Options.Clone();
        options.ModelId = null;
        if (options.AdditionalProperties is { Count: 0 })
            options.AdditionalProperties = null;
        if (options.StopSequences is { Count: 0 })
            options.StopSequences = null;
        JsonSerializer.Serialize(json, options, s_options.GetTypeInfo(typeof(ChatOptions)));
        foreach (var tool in options.Tools ?? [])
            Write(json, tool);
        foreach (var message in request.Messages)
        {
            json.WriteStartArray();
            json.WriteStringValue(message.Role.Value);
            json.WriteStringValue(message.AuthorName);
            json.WriteStringValue(message.MessageId);
            Write(json, message.AdditionalProperties);
            foreach (var content in message.Contents)
                JsonSerializer.Serialize(json, content, s_options.GetTypeInfo(typeof(AIContent)));
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, AITool tool)
    {
        json.WriteStartArray();
        json.WriteStringValue(tool is AIFunctionDeclaration ? "function" : tool.GetType().Name);
        json.WriteStringValue(tool.Name);
        json.WriteStringValue(tool.Description);
        Write(json, new AdditionalPropertiesDictionary(tool.AdditionalProperties.ToDictionary()));
        if (tool is AIFunctionDeclaration function)
        {
            function.JsonSchema.WriteTo(json);
            function.ReturnJsonSchema?.WriteTo(json);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, CanonicalEmbeddingRequest request)
    {
        json.WriteStartArray();
        json.WriteNumberValue(request.Options.Dimensions ?? 0);
        json.WriteBooleanValue(request.Base64);
        Write(json, request.Options.AdditionalProperties);
        foreach (var input in request.Inputs)
        {
            input.Wire?.WriteTo(json);
            if (input.Tokens is null)
            {
                json.WriteStringValue(input.Text);
                continue;
            }

            json.WriteStartArray();
            foreach (var token in input.Tokens)
                json.WriteNumberValue(token);
            json.WriteEndArray();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, AdditionalPropertiesDictionary? kept)
    {
        if (kept is null or { Count: 0 })
            json.WriteNullValue();
        else
            JsonSerializer.Serialize(json, kept, s_options.GetTypeInfo(typeof(AdditionalPropertiesDictionary)));
    }
}
