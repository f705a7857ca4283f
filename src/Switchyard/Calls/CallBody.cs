using System.Buffers;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Canonical;
using Switchyard.Common;

namespace Switchyard.Calls;

/// <summary>
/// A request's body: the original bytes in some dialect, or the canonical form, or both; or an upload, which is streamed and not
/// converted. This class alone converts between them, on first use. Not thread-safe: it belongs to one call.
/// </summary>
public sealed class CallBody
{
    private readonly IRequestDecoder? _decoder;
    private readonly CallEnvelope? _envelope;
    private CanonicalRequest? _canonical;
    private PooledBytes? _held;
    private long _replacedBytes;

    private CallBody(IRequestDecoder? decoder, CallEnvelope? envelope, PooledBytes? wire, CanonicalRequest? canonical)
    {
        _decoder = decoder;
        _envelope = envelope;
        Wire = wire;
        _canonical = canonical;
    }

    /// <summary>
    /// Makes a body of the bytes a client sent. It takes its own hold on the pooled bytes, released when the body is replaced or its
    /// call ends; the reader of the bytes keeps its own.
    /// </summary>
    /// <exception cref="ObjectDisposedException">The bytes have been returned to the pool already.</exception>
    public static CallBody FromWire(IRequestDecoder decoder, CallEnvelope envelope, PooledBytes bytes)
    {
        ArgumentNullException.ThrowIfNull(bytes);
        ObjectDisposedException.ThrowIf(!bytes.TryHold(), bytes);
        return new(decoder, envelope, bytes, null) { _held = bytes };
    }

    /// <summary>Makes a body of an upload, which is passed on while it is still being received.</summary>
    /// <param name="dialect">Its wire format.</param>
    /// <param name="body">The upload. Its creator disposes it, not the call.</param>
    public static CallBody FromStream(IRequestDecoder dialect, IStreamedBody body)
    {
        ArgumentNullException.ThrowIfNull(body);
        return new(dialect, null, null, null) { Streamed = body };
    }

    /// <summary>Makes a body of an in-process caller's request.</summary>
    public static CallBody FromCanonical(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new(null, null, null, request);
    }

    /// <summary>The body of a call without a model, whose bytes are not needed.</summary>
    internal static CallBody FromNothing() => new(null, null, null, null);

    /// <summary>The original bytes; null for an in-process request, an upload, and after <see cref="Replace"/>.</summary>
    public PooledBytes? Wire { get; private set; }

    /// <summary>The upload; null when the body is not one.</summary>
    public IStreamedBody? Streamed { get; private set; }

    /// <summary>The wire format of <see cref="Wire"/> or <see cref="Streamed"/>.</summary>
    public DialectId Dialect => Wire is null && Streamed is null ? DialectId.Canonical : _decoder!.Id;

    /// <summary>
    /// The number of bytes of <see cref="Wire"/>; for an in-process request an estimate from its texts, its tools' definitions,
    /// arguments and results, and its files; 0 for an upload.
    /// </summary>
    public long Length => Wire?.Length ?? _canonical switch
    {
        CanonicalChatRequest chat => SizeOf(chat) + (chat.Options.Tools?.Sum(SizeOfTool) ?? 0)
            + (chat.Options.ResponseFormat is ChatResponseFormatJson { Schema: { } schema } ? SizeOfJson(schema) : 0),
        { } request => SizeOf(request),
        null => 0,
    };

    /// <summary>
    /// The number of characters of the texts to be embedded; null for other requests, and for one that was forwarded without being decoded.
    /// </summary>
    internal long? CharactersToEmbed => _canonical is CanonicalEmbeddingRequest embedding
        ? embedding.Inputs.Sum(static input => (long)(input.Text?.Length ?? 0))
        : null;

    /// <summary>Whether the body can be sent. False only for an upload that was too large to buffer and has been sent once.</summary>
    internal bool CanBeSent => Streamed is not { CanWrite: false };

    /// <summary>The canonical form, decoded on first use.</summary>
    /// <exception cref="CallException">The bytes are not a request of their dialect, or the body is an upload.</exception>
    public CanonicalRequest GetCanonical() => _canonical ??= Streamed is null
        ? _decoder!.DecodeRequest(_envelope!, Wire!.Memory)
        : throw new CallException(CallErrorKind.InvalidRequest, "An upload is passed on as it comes; it has no other form.");

    /// <summary>
    /// An independent body for a second call, with a copy of the bytes, so that it may outlive this one and its share of the memory for
    /// bodies. Null for an upload, and above the allowed bytes; of a canonical form (not copied) its texts and files count.
    /// </summary>
    internal CallBody? TryCopy(int maxBytes)
    {
        if (Wire is null)
        {
            return Streamed is null && Math.Max(_replacedBytes, SizeOf(_canonical!)) <= maxBytes
                ? FromCanonical(_canonical!.Copy())
                : null;
        }

        if (Wire.Length > maxBytes)
            return null;
        var copy = ArrayPool<byte>.Shared.Rent(Wire.Length);
        Wire.Memory.Span.CopyTo(copy);
        var bytes = PooledBytes.Rented(copy, Wire.Length);
        return new(_decoder, _envelope, bytes, null) { _held = bytes };
    }

    /// <summary>Replaces the request. The original bytes are released, so it can no longer be forwarded, only translated.</summary>
    public void Replace(CanonicalRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        _canonical = request;
        _replacedBytes = Math.Max(_replacedBytes, Wire?.Length ?? 0);
        Release();
        Wire = null;
        Streamed = null;
    }

    /// <summary>A body of the same format with other bytes.</summary>
    /// <param name="envelope">Their envelope.</param>
    /// <param name="json">The bytes.</param>
    internal CallBody With(CallEnvelope envelope, byte[] json)
    {
        var bytes = PooledBytes.Owned(json);
        return new(_decoder, envelope, bytes, null) { _held = bytes };
    }

    /// <summary>The approximate number of bytes of a request's texts and files; 4 for a token id.</summary>
    private static long SizeOf(CanonicalRequest request) => request switch
    {
        CanonicalChatRequest chat =>
            (chat.Options.Instructions?.Length ?? 0) + chat.Messages.Sum(message => message.Contents.Sum(SizeOfContent)),
        CanonicalEmbeddingRequest embedding =>
            embedding.Inputs.Sum(input => (input.Text?.Length ?? 0) + ((long)sizeof(int) * (input.Tokens?.Count ?? 0))),
        CanonicalRerankRequest rerank => rerank.Query.Length + rerank.Documents.Sum(document => (long)document.Text.Length),
        _ => 0,
    };

    private static long SizeOfContent(AIContent content) => content switch
    {
        TextContent text => text.Text.Length,
        TextReasoningContent reasoning => reasoning.Text.Length,
        DataContent data => data.Data.Length,
        UriContent file => file.Uri.OriginalString.Length,
        FunctionCallContent call => call.Name.Length + (call.Arguments?.Sum(pair => pair.Key.Length + SizeOfValue(pair.Value)) ?? 0),
        FunctionResultContent result => SizeOfValue(result.Result),
        _ => 0,
    };

    private static long SizeOfValue(object? value) => value switch
    {
        null => 0,
        string text => text.Length,
        JsonElement json => SizeOfJson(json),
        AIContent content => SizeOfContent(content),
        IEnumerable<AIContent> contents => contents.Sum(SizeOfContent),
        // Usually a number.
        _ => 4,
    };

    private static long SizeOfTool(AITool tool) =>
        tool.Name.Length + tool.Description.Length + (tool is AIFunctionDeclaration function ? SizeOfJson(function.JsonSchema) : 0);

    private static long SizeOfJson(JsonElement json) =>
        json.ValueKind == JsonValueKind.Undefined ? 0 : JsonMarshal.GetRawUtf8Value(json).Length;

    /// <summary>Releases this body's hold on the original bytes, once. A transport that still reads them has its own hold.</summary>
    internal void Release() => Interlocked.Exchange(ref _held, null)?.Release();
}
