using System.IO.Hashing;
using System.Runtime.InteropServices;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;

namespace Switchyard.Experiments;

/// <summary>
/// Makes of what a call belongs to a number from 0 to 1. It is a hash, so that every node assigns alike, and does so again after a restart;
/// the experiment's name is in it, so that two experiments divide the same users differently.
/// </summary>
internal static class Assignment
{
    public static StickyUnit Parse(string name) => name switch
    {
        "conversation" => StickyUnit.Conversation,
        "end_user" => StickyUnit.EndUser,
        "caller" => StickyUnit.Caller,
        _ => StickyUnit.Call,
    };

    /// <summary>The seed of an experiment.</summary>
    public static long SeedOf(string experiment) => (long)(Hash(experiment, seed: 0) ?? 0);

    /// <summary>The number of a call; by chance where the call has nothing that could stay with a variant.</summary>
    public static double PointOf(ModelCall call, StickyUnit unit, long seed, Random random)
    {
        var hash = unit switch
        {
            StickyUnit.Conversation => OfConversation(call, seed),
            StickyUnit.EndUser when call.Envelope.EndUser is { Length: > 0 } user => Hash(user, seed),
            // All callers without a key are one caller, who would be in one variant whole.
            StickyUnit.Caller when call.Caller.Id != Caller.Anonymous.Id => Hash(call.Caller.Id, seed),
            _ => null,
        };
        // The upper 53 bits are what a double holds exactly.
        return hash is { } found ? (found >> 11) * (1.0 / (1UL << 53)) : random.NextDouble();
    }

    /// <summary>Reads the request, which costs what translating it would: what names a conversation is in no header.</summary>
    private static ulong? OfConversation(ModelCall call, long seed)
    {
        if (call.Body.Streamed is not null || call.Envelope.Operation != CallOperation.Chat)
            return null;
        CanonicalChatRequest? chat;
        try
        {
            chat = call.Body.GetCanonical() as CanonicalChatRequest;
        }
        catch (CallException)
        {
            // Not a request of its format. Whoever sends it says what is wrong with it.
            return null;
        }

        if (chat is null)
            return null;
        var hash = (ulong)seed;
        Add(call.Envelope.EndUser);
        Add(chat.Options.Instructions);
        foreach (var message in chat.Messages)
        {
            Add(message.Text);
            if (message.Role == ChatRole.User)
                break;
        }

        return hash == (ulong)seed ? null : hash;

        void Add(string? text) => hash = Hash(text, (long)hash) ?? hash;
    }

    private static ulong? Hash(string? text, long seed) =>
        string.IsNullOrEmpty(text) ? null : XxHash3.HashToUInt64(MemoryMarshal.AsBytes(text.AsSpan()), seed);
}
