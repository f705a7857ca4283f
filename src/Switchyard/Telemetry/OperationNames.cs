using Switchyard.Canonical;

namespace Switchyard.Telemetry;

/// <summary>The names of operations in telemetry.</summary>
internal static class OperationNames
{
    private static readonly string[] s_labels =
        [.. Enum.GetValues<CallOperation>().Select(operation => CallOperations.DataName(operation))];

    /// <summary>The label value: the name in <c>providers.json</c>.</summary>
    public static string Label(CallOperation operation) => (uint)operation < (uint)s_labels.Length ? s_labels[(int)operation] : "chat";

    /// <summary>The value of <c>gen_ai.operation.name</c>, if the conventions have one; else the label.</summary>
    public static string GenAI(string label) => label switch
    {
        "completion" => "text_completion",
        "embedding" => "embeddings",
        _ => label,
    };

    /// <summary>The part of an attempt's span name after the provider.</summary>
    public static string Span(CallOperation operation) => operation switch
    {
        CallOperation.Chat => "chat_completion",
        CallOperation.Completion => "text_completion",
        _ => Label(operation),
    };
}
