using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Dialects.Shared;

namespace Switchyard.Money;

/// <summary>
/// The maximum number of tokens of a request, without a tokenizer. No tokenizer makes more than one token of a byte, so text counts its
/// bytes, including the JSON around it. Other content has its own rules: an image counts 5,000 tokens, audio a token for every 100 bytes
/// and at least 1,000, another file a token for every 2 bytes, and a file named by its address or id 20,000.
/// </summary>
internal readonly record struct TokenBounds(long Input, int Choices)
{
    private const long Image = 5_000;
    private const long LeastAudio = 1_000;
    private const int AudioBytes = 100;
    private const int FileBytes = 2;
    private const long Referred = 20_000;
    private const long Unknown = 1_000;

    /// <summary>The provider's own prompt about tools: Anthropic's has up to 700 tokens.</summary>
    private const long ToolPrompt = 1_000;

    /// <summary>A string this long without a blank is data, not text.</summary>
    private const int LongestWord = 1_000;

    private const int MaxChoices = 128;

    private static readonly SearchValues<byte> s_base64 =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_"u8);

    /// <summary>The part of <see cref="Input"/> that is for files, or is already in tokens instead of bytes of text.</summary>
    public long Files { get; init; }

    /// <summary>Whether the prompt has parts outside the request, stored at the provider (a stored prompt, cached content).</summary>
    public bool HasMore { get; init; }

    /// <summary>Whether the unread part of a form may request more than <see cref="Choices"/>.</summary>
    public bool MayAskForMore { get; init; }

    /// <summary>The maximum number of web searches by the provider.</summary>
    public ushort WebSearches { get; init; }

    /// <summary>The maximum number of searches in files stored at the provider.</summary>
    public ushort FileSearches { get; init; }

    /// <summary>
    /// The maximum number of further requests to a model that the provider makes for the call and bills, each with the prompt and an
    /// answer: one to shorten the conversation, and those to an advisor.
    /// </summary>
    public int Further { get; init; }

    /// <summary>Reads a request's bounds.</summary>
    public static TokenBounds Of(CallBody body) => body switch
    {
        { Wire: { } wire } => OfJson(wire.Memory.Span),
        // A form is audio, or images with a text; its size is known only after it was sent.
        { Streamed: { } form } => new(Referred, Math.Clamp(form.Choices, 1, MaxChoices)) { MayAskForMore = form.Choices <= 0 },
        _ => OfCanonical(body.GetCanonical()),
    };

    /// <summary>The maximum of all requests to a model together.</summary>
    /// <param name="tokens">The maximum of one.</param>
    public long OfAllRequests(long tokens)
    {
        var requests = 1L + Further;
        // A limit beyond measure must not overflow, because a hold of 0 would be no hold.
        return tokens > long.MaxValue / requests ? long.MaxValue : tokens * requests;
    }

    private static TokenBounds OfJson(ReadOnlySpan<byte> json)
    {
        var (tokens, files) = ((long)json.Length, 0L);
        var (choices, hasMore) = (1, false);
        var (query, documents, isDocument) = (0L, 0L, false);
        var (isContext, compacts) = (false, false);
        var kind = FileKind.Other;
        var tools = default(ToolBounds);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 512 });
        ReadOnlySpan<byte> name = default;
        try
        {
            while (reader.Read())
            {
                if (isDocument && reader.CurrentDepth == 2 && reader.TokenType is (JsonTokenType.String or JsonTokenType.StartObject))
                    documents++;
                switch (reader.TokenType)
                {
                    case JsonTokenType.PropertyName:
                        name = NameOf(ref reader);
                        if (reader.CurrentDepth == 1)
                        {
                            isContext = name.SequenceEqual("context_management"u8);
                            tokens += name.SequenceEqual("tools"u8) ? ToolPrompt : 0;
                        }

                        break;
                    // Anthropic's edit of a long conversation: a request of its own, with the whole prompt.
                    case JsonTokenType.String when isContext && name.SequenceEqual("type"u8):
                        compacts |= reader.ValueIsEscaped || reader.ValueSpan.StartsWith("compact_"u8);
                        break;
                    // A stored prompt of the Responses API is an object; elsewhere a prompt is text. Anthropic keeps threads.
                    case JsonTokenType.StartObject when reader.CurrentDepth == 1
                        && (name.SequenceEqual("prompt"u8) || name.SequenceEqual("thread"u8)):
                    case JsonTokenType.String when reader.CurrentDepth == 1 && IsKeptContent(name):
                        hasMore = true;
                        break;
                    // An item of the Responses API stored at the provider, referenced instead of sent: usually a part of an answer.
                    case JsonTokenType.String when reader.CurrentDepth == 3 && name.SequenceEqual("type"u8)
                        && reader.ValueTextEquals("item_reference"u8):
                        files += Referred;
                        break;
                    case JsonTokenType.StartArray or JsonTokenType.EndArray when reader.CurrentDepth == 1:
                        isDocument = reader.TokenType == JsonTokenType.StartArray && name.SequenceEqual("documents"u8);
                        break;
                    case JsonTokenType.String when reader.CurrentDepth == 1 && name.SequenceEqual("query"u8):
                        query = reader.ValueSpan.Length;
                        break;
                    // 4.0 is 4 for many servers.
                    case JsonTokenType.Number when IsChoices(name, reader.CurrentDepth) && reader.TryGetDouble(out var number):
                        choices = Math.Max(choices, (int)Math.Clamp(number, 1, MaxChoices));
                        break;
                    case JsonTokenType.String when IsType(name):
                        kind = KindOf(reader.ValueSpan);
                        break;
                    case JsonTokenType.String when IsReference(name, reader.ValueSpan):
                        files += name.SequenceEqual("image_url"u8) || name.SequenceEqual("url"u8) ? Image : Referred;
                        break;
                    case JsonTokenType.String when DataOf(name, reader.ValueSpan, ref kind) is { IsEmpty: false } data:
                        tokens -= data.Length;
                        files += TokensOf(kind, data.Length);
                        kind = FileKind.Other;
                        break;
                }

                tools.Take(ref reader, name);
            }
        }
        catch (JsonException)
        {
            // The dialect reports the error.
        }

        // In ranking, the query is read with each document.
        tokens += query * documents;
        if (hasMore)
            tools.MayHaveMore();
        return new(tokens + files, Math.Clamp(choices, 1, MaxChoices))
        {
            Files = files,
            HasMore = hasMore,
            WebSearches = tools.WebSearches,
            FileSearches = tools.FileSearches,
            Further = tools.Advice + (compacts ? 1 : 0),
        };
    }

    /// <summary>A member's name as a JSON reader sees it, with escapes decoded.</summary>
    private static ReadOnlySpan<byte> NameOf(scoped ref Utf8JsonReader reader)
    {
        if (!reader.ValueIsEscaped)
            return reader.ValueSpan;
        var plain = new byte[reader.ValueSpan.Length];
        try
        {
            return plain.AsSpan(0, reader.CopyString(plain));
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: not a name that matters here.
            return default;
        }
    }

    private static bool IsChoices(ReadOnlySpan<byte> name, int depth) =>
        (depth == 1 && (name.SequenceEqual("n"u8) || name.SequenceEqual("best_of"u8))) || name.SequenceEqual("candidateCount"u8);

    private static bool IsKeptContent(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("cachedContent"u8) || name.SequenceEqual("cached_content"u8);

    /// <summary>
    /// The same for a decoded field. The answer that a call continues is in its envelope, and a background answer has no longer prompt.
    /// </summary>
    private static bool IsKeptContent(string key) => key[(key.LastIndexOf(':') + 1)..] is "prompt" or "cachedContent" or "thread";

    private static bool IsType(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("media_type"u8) || name.SequenceEqual("mimeType"u8) || name.SequenceEqual("mime_type"u8)
        || name.SequenceEqual("format"u8);

    private static bool IsReference(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value) =>
        name.SequenceEqual("file_id"u8)
        || ((name.SequenceEqual("url"u8) || name.SequenceEqual("image_url"u8) || name.SequenceEqual("file_url"u8)
                || name.SequenceEqual("fileUri"u8) || name.SequenceEqual("file_uri"u8))
            && !value.StartsWith("data:"u8));

    /// <summary>Whether a member is text for the model, whatever it looks like: digits are a token each for some models.</summary>
    private static bool IsText(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("text"u8) || name.SequenceEqual("content"u8) || name.SequenceEqual("input"u8) || name.SequenceEqual("prompt"u8)
        || name.SequenceEqual("instructions"u8) || name.SequenceEqual("system"u8) || name.SequenceEqual("output"u8)
        || name.SequenceEqual("query"u8) || name.SequenceEqual("documents"u8);

    /// <summary>The data in a string: base64, alone or in a <c>data:</c> address; empty if it is text.</summary>
    private static ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> name, ReadOnlySpan<byte> text, ref FileKind kind)
    {
        if (IsText(name))
            return default;
        if (text.StartsWith("data:"u8) && text.IndexOf(","u8) is > 0 and var comma)
        {
            kind = KindOf(text["data:".Length..comma]);
            return text[(comma + 1)..];
        }

        return text.Length > LongestWord && !text.ContainsAnyExcept(s_base64) ? text : default;
    }

    private static FileKind KindOf(ReadOnlySpan<byte> type) =>
        type.StartsWith("image/"u8) ? FileKind.Image
        : type.StartsWith("audio/"u8) || type.SequenceEqual("wav"u8) || type.SequenceEqual("mp3"u8) ? FileKind.Audio
        : FileKind.Other;

    private static long TokensOf(FileKind kind, long bytes) => kind switch
    {
        FileKind.Image => Image,
        FileKind.Audio => Math.Max(LeastAudio, bytes / AudioBytes),
        _ => bytes / FileBytes,
    };

    private static TokenBounds OfCanonical(CanonicalRequest request) => request switch
    {
        CanonicalChatRequest chat => OfChat(chat),
        CanonicalEmbeddingRequest embedding => new(embedding.Inputs.Sum(input => input.Tokens?.Count ?? OfText(input.Text) + 8), 1)
        {
            Files = embedding.Inputs.Sum(input => (long)(input.Tokens?.Count ?? 0)),
        },
        CanonicalRerankRequest rerank => new(
            (OfText(rerank.Query) * Math.Max(1, rerank.Documents.Count)) + rerank.Documents.Sum(document => OfText(document.Text) + 8), 1),
        _ => new(Referred, 1),
    };

    private static TokenBounds OfChat(CanonicalChatRequest chat)
    {
        var (tokens, files) = (OfText(chat.Options.Instructions), 0L);
        foreach (var message in chat.Messages)
        {
            tokens += 64;
            foreach (var content in message.Contents)
            {
                var most = OfContent(content);
                tokens += most;
                files += content is DataContent or UriContent or HostedFileContent ? most : 0;
            }
        }

        if (chat.Options.Tools is { Count: > 0 })
            tokens += ToolPrompt;
        var tools = default(ToolBounds);
        foreach (var tool in chat.Options.Tools ?? [])
        {
            tools.Take(tool);
            tokens += 64 + OfText(tool.Name) + OfText(tool.Description);
            if (tool is AIFunctionDeclaration function)
                tokens += OfText(function.JsonSchema.GetRawText());
        }

        if (chat.Options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema })
            tokens += OfText(schema.GetRawText());
        var hasMore = chat.Options.AdditionalProperties?.Any(static entry =>
            entry.Value is ProviderStateField && IsKeptContent(entry.Key)) is true;
        tools.Take(chat.Options);
        if (hasMore)
            tools.MayHaveMore();
        return new(tokens, Math.Clamp(Math.Max(NumberOf(chat.Options, "n"), NumberOf(chat.Options, "best_of")), 1, MaxChoices))
        {
            Files = files,
            HasMore = hasMore,
            WebSearches = tools.WebSearches,
            FileSearches = tools.FileSearches,
            Further = tools.Advice + (Compacts(chat.Options) ? 1 : 0),
        };
    }

    private static bool Compacts(ChatOptions options) =>
        KeptFields.Find(options.AdditionalProperties, DialectId.AnthropicMessages, "context_management")?.Member("edits") is
            { ValueKind: JsonValueKind.Array } edits
        && edits.EnumerateArray().Any(static edit => edit.Text("type")?.StartsWith("compact_", StringComparison.Ordinal) is true);

    /// <summary>A number among the options, as JSON or as an in-process caller sets it; 1 if there is none.</summary>
    private static int NumberOf(ChatOptions options, string name)
    {
        object? value = null;
        options.AdditionalProperties?.TryGetValue(name, out value);
        return value switch
        {
            JsonElement { ValueKind: JsonValueKind.Number } json => (int)Math.Clamp(json.GetDouble(), 1, MaxChoices),
            int number => number,
            _ => 1,
        };
    }

    private static long OfContent(AIContent content) => content switch
    {
        TextContent text => OfText(text.Text),
        TextReasoningContent reasoning => OfText(reasoning.Text) + OfText(reasoning.ProtectedData),
        DataContent data => TokensOf(
            data.HasTopLevelMediaType("image") ? FileKind.Image : data.HasTopLevelMediaType("audio") ? FileKind.Audio : FileKind.Other,
            data.Data.Length),
        UriContent uri => uri.HasTopLevelMediaType("image") ? Image : Referred,
        FunctionCallContent call => 64 + OfText(call.Name)
            + Math.Max(
                call.Arguments?.Sum(pair => OfText(pair.Key) + OfValue(pair.Value) + 8) ?? 0,
                OfText(call.AdditionalProperties.Text(CanonicalKeys.RawArguments))),
        FunctionResultContent result => 64 + OfValue(result.Result),
        HostedFileContent => Referred,
        _ => Unknown,
    };

    /// <summary>A tool argument or result of any type: a list of contents counts as contents, anything but text is sent as JSON.</summary>
    private static long OfValue(object? value)
    {
        switch (value)
        {
            case null or string or JsonElement:
                return OfText(value?.ToString());
            case AIContent content:
                return OfContent(content);
            case IEnumerable<AIContent> contents:
                return contents.Sum(OfContent);
        }

        try
        {
            return OfText(WireJson.ToJson(value));
        }
        catch (CallException)
        {
            // An in-process provider may accept the object as it is.
            return Unknown;
        }
    }

    private static long OfText(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private enum FileKind
    {
        Other,
        Image,
        Audio,
    }
}
