namespace Switchyard.Dialects.AnthropicMessages;

/// <summary>
/// The member of an OpenAI message in which compatible gateways hand signed reasoning to their clients and take it back, so that a client
/// of that format can keep a tool loop's thinking.
/// </summary>
internal static class ReasoningDetails
{
    public const string Key = "reasoning_details";
}
