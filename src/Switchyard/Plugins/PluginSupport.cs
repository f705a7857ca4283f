using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Switchyard.Plugins;

/// <summary>Whether this program can load plugins.</summary>
internal static class PluginSupport
{
    /// <summary>The warning for loading plugins in a trimmed program.</summary>
    public const string NeedsWholeProgram =
        "A plugin is compiled against the whole library, of which a trimmed program has lost what its own code does not name.";

    /// <summary>
    /// Whether it can: a program that was trimmed or compiled ahead of time cannot. The compiler removes the code behind this check from
    /// such a program.
    /// </summary>
    [FeatureGuard(typeof(RequiresUnreferencedCodeAttribute))]
    [SuppressMessage("Trimming", "IL4000", Justification = "Trimming replaces the body; elsewhere dynamic code is what is needed.")]
    public static bool IsSupported => RuntimeFeature.IsDynamicCodeSupported;

    /// <summary>The error, with the remedy.</summary>
    public static PluginException Unsupported() => new(
        PluginFault.Unsupported,
        "This program was compiled ahead of time and cannot load plugins. Run the build that is compiled when it runs "
        + "(the usual 'switchyard'), or add what the plugin adds in code.");
}
