namespace Switchyard.Calls;

/// <summary>Makes the ids a call needs.</summary>
public static class CallIds
{
    /// <summary>A request id: 32 hexadecimal digits.</summary>
    public static string NewRequestId() => string.Create(32, 0, static (span, _) =>
    {
        Guid.NewGuid().TryFormat(span, out _, "N");
    });

    /// <summary>An answer id in OpenAI's form: <c>chatcmpl-</c> and 29 hexadecimal digits.</summary>
    public static string NewChatCompletionId() => string.Concat("chatcmpl-", NewRequestId().AsSpan(0, 29));
}
