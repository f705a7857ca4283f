using Microsoft.Extensions.AI;

namespace Switchyard.Dialects.Shared.Tools;

// HostedImageGenerationTool is experimental in Microsoft.Extensions.AI 10.11; a program that has one accepts that itself.
#pragma warning disable MEAI001

/// <summary>The tools that a provider runs itself, as a caller in this process declares them.</summary>
internal static class HostedTools
{
    /// <summary>Whether OpenAI responses has the tool, as the only format of OpenAI's.</summary>
    public static bool AreOfResponses(AITool tool) => tool is HostedWebSearchTool or HostedCodeInterpreterTool or HostedFileSearchTool
        or HostedMcpServerTool or HostedImageGenerationTool;
}
#pragma warning restore MEAI001
