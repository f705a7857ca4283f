using System.Globalization;
using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects.Json;
using Switchyard.Money;

namespace Switchyard.Affinity;

/// <summary>
/// A hash of a conversation's beginning, which every later turn repeats: the instructions to the model, and the turns up to the first of
/// the user. Read from the client's bytes, without decoding the request.
/// </summary>
internal static class ConversationStart
{
    private static readonly JsonReaderOptions s_options = new() { MaxDepth = WireJson.MaxDepth };

    /// <summary>The conversation of a call whose request has been replaced since.</summary>
    private static readonly SlotKey<string> s_name = new();

    /// <summary>A name of a call's conversation that no other caller's conversation has; null if it has none.</summary>
    public static string? NameOf(ModelCall call) => call.Get(s_name) ?? (HashOf(
        call.Body, (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(call.Caller.Id.AsSpan()))) is { } hash
            ? hash.ToString("x16", CultureInfo.InvariantCulture)
            : null);

    /// <summary>
    /// Stores what identifies a call's conversation before its request is replaced: its other turns may not be, and belong to the same
    /// conversation.
    /// </summary>
    /// <param name="call">The call, after routing.</param>
    public static void Remember(ModelCall call)
    {
        if (call.Body.Wire is null)
            return;
        if (call.Snapshot.Section(MoneyPlan.Section) is { NeedsSession: true } && NameOf(call) is { } name)
            call.Set(s_name, name);
        if (call.Route is not null)
            _ = call.Snapshot.Section(AffinityPlan.Section)?.Find(call);
    }

    /// <summary>The hash; null if the request has no conversation.</summary>
    public static ulong? HashOf(CallBody body, long seed) => body switch
    {
        { Streamed: not null } => null,
        { Wire: { } wire } => OfJson(wire.Memory.Span, seed),
        _ => body.GetCanonical() is CanonicalChatRequest chat ? OfChat(chat, seed) : null,
    };

    private static ulong? OfChat(CanonicalChatRequest chat, long seed)
    {
        var hash = (ulong)seed;
        Add(chat.Options.Instructions);
        foreach (var message in chat.Messages)
        {
            Add(message.Text);
            if (message.Role == ChatRole.User)
                return hash;
        }

        return null;

        void Add(string? text) => hash = Fold(MemoryMarshal.AsBytes(text.AsSpan()), hash);
    }

    private static ulong? OfJson(ReadOnlySpan<byte> body, long seed)
    {
        ulong? turns = null;
        // Separate from the turns, because a client may write it before or after them.
        var instructions = (ulong)seed;
        try
        {
            var reader = new Utf8JsonReader(body, s_options);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
                return null;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isInstruction = reader.ValueTextEquals("system"u8) || reader.ValueTextEquals("instructions"u8)
                    || reader.ValueTextEquals("systemInstruction"u8) || reader.ValueTextEquals("system_instruction"u8);
                var isTurns = reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("input"u8)
                    || reader.ValueTextEquals("contents"u8);
                reader.Read();
                if (isInstruction)
                    instructions = FoldValue(ref reader, instructions);
                else if (isTurns)
                    turns = FoldTurns(ref reader, (ulong)seed);
                else
                    reader.Skip();
            }
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // Not a request of its format: the decoder reports the error to the client.
            return null;
        }

        return turns is { } found ? Fold(MemoryMarshal.AsBytes<ulong>([found]), instructions) : null;
    }

    /// <summary>The turns up to the first of the user; null if there is none.</summary>
    private static ulong? FoldTurns(ref Utf8JsonReader reader, ulong hash)
    {
        if (reader.TokenType == JsonTokenType.String)
            return Fold(reader.ValueSpan, hash);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            reader.Skip();
            return null;
        }

        var found = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (!found && reader.TokenType == JsonTokenType.StartObject)
                hash = FoldTurn(ref reader, hash, out found);
            else
                reader.Skip();
        }

        return found ? hash : null;
    }

    private static ulong FoldTurn(ref Utf8JsonReader reader, ulong hash, out bool isUsers)
    {
        var (hasRole, hasParts) = (false, false);
        isUsers = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isRole = reader.ValueTextEquals("role"u8);
            hasParts |= reader.ValueTextEquals("parts"u8);
            var isMark = IsMark(ref reader);
            reader.Read();
            if (isRole && reader.TokenType == JsonTokenType.String)
                (hasRole, isUsers) = (true, reader.ValueTextEquals("user"u8));
            if (isMark)
                reader.Skip();
            else
                hash = FoldValue(ref reader, hash);
        }

        // In Gemini's format a turn without a role is the user's.
        isUsers |= !hasRole && hasParts;
        return hash;
    }

    /// <summary>A whole value, independent of white space, and without marks for the provider's cache.</summary>
    private static ulong FoldValue(ref Utf8JsonReader reader, ulong hash)
    {
        var depth = reader.CurrentDepth;
        var isNested = reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray;
        if (!isNested)
            return Fold(reader.ValueSpan, hash);
        while (reader.Read() && reader.CurrentDepth > depth)
        {
            if (reader.TokenType == JsonTokenType.PropertyName && IsMark(ref reader))
            {
                reader.Read();
                reader.Skip();
            }
            else if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String or JsonTokenType.Number)
            {
                hash = Fold(reader.ValueSpan, hash);
            }
        }

        return hash;
    }

    /// <summary>Clients move the marks of Anthropic's prompt cache to the latest turn.</summary>
    private static bool IsMark(ref Utf8JsonReader reader) => reader.ValueTextEquals("cache_control"u8);

    private static ulong Fold(ReadOnlySpan<byte> bytes, ulong hash) => XxHash3.HashToUInt64(bytes, (long)hash);
}
