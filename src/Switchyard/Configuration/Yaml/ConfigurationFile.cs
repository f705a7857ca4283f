using System.Text;
using Switchyard.Configuration.Binding;

namespace Switchyard.Configuration.Yaml;

/// <summary>Finds and reads the configuration file: UTF-8, at most 1 MiB.</summary>
internal static class ConfigurationFile
{
    /// <summary>1 MiB: a hundred times a large configuration.</summary>
    private const int LargestFile = 1 << 20;

    private static readonly string[] UsualNames = ["switchyard.yaml", "switchyard.yml"];
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The file to read: the named one, else the usual one if it exists, else null.</summary>
    public static string? Locate(ConfigurationRequest request) =>
        request.File ?? Array.Find(UsualNames, name => File.Exists(Path.Combine(request.WorkingDirectory, name)));

    /// <summary>The file's text; null, and a problem, if it cannot be read.</summary>
    public static string? Read(string file, string directory, List<ConfigurationProblem> problems)
    {
        try
        {
            using var stream = new FileStream(
                Path.Combine(directory, file), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            var bytes = new byte[LargestFile + 1];
            var length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (length > LargestFile)
            {
                var message = $"the file is larger than {SizeText.Format(LargestFile)}, the limit for a configuration";
                problems.Add(new ConfigurationProblem("", message) { File = file });
            }
            else
                return Decode(bytes.AsSpan(0, length), file, problems);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            problems.Add(new ConfigurationProblem("", $"there is no file '{file}' in '{directory}'") { File = file });
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            var reason = Directory.Exists(Path.Combine(directory, file))
                ? "this is a folder; name the file in it"
                : $"the file cannot be read: {failure.Message}";
            problems.Add(new ConfigurationProblem("", reason) { File = file });
        }

        return null;
    }

    private static string? Decode(ReadOnlySpan<byte> bytes, string file, List<ConfigurationProblem> problems)
    {
        if (bytes.StartsWith("\uFEFF"u8))
            bytes = bytes["\uFEFF"u8.Length..];
        if (bytes.IndexOf((byte)0) is >= 0 and var at)
        {
            // UTF-16 without a byte order mark is valid UTF-8 with a NUL beside each ASCII letter.
            var place = bytes[..at].Count((byte)'\n') + 1;
            problems.Add(new ConfigurationProblem("", "the file holds a NUL byte, as UTF-16 text does; save it as UTF-8")
            {
                File = file,
                Line = place,
            });
            return null;
        }

        try
        {
            return StrictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException invalid)
        {
            var line = bytes[..Math.Clamp(invalid.Index, 0, bytes.Length)].Count((byte)'\n') + 1;
            problems.Add(new ConfigurationProblem("", "the file is not UTF-8 text; save it as UTF-8") { File = file, Line = line });
            return null;
        }
    }
}
