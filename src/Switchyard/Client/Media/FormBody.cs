using System.Globalization;
using System.Text;
using Switchyard.Calls;

namespace Switchyard.Client.Media;

/// <summary>A form in memory: its fields, its files, and the model, which is written for each target. It can be sent again.</summary>
internal sealed class FormBody : IStreamedBody
{
    private const int MostChoices = 1000;

    // Random, so that no file contains it.
    private readonly string _boundary = $"switchyard-{Guid.NewGuid():N}";

    private readonly List<ReadOnlyMemory<byte>> _parts = [];

    /// <param name="fields">The plain fields, without the model.</param>
    /// <param name="files">The files, in order.</param>
    public FormBody(IEnumerable<KeyValuePair<string, string>> fields, IEnumerable<FormFile> files)
    {
        foreach (var (name, value) in fields)
        {
            // Wherever the caller set it: a budget reserves the cost of all of them.
            if (name == "n" && double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number))
                Choices = (int)Math.Clamp(number, 1, MostChoices);
            _parts.Add(Encoding.UTF8.GetBytes($"{Head(name)}\r\n\r\n{value}\r\n"));
        }

        foreach (var file in files)
        {
            var head = $"{Head(file.Field)}; filename=\"{Escape(file.Name)}\"\r\nContent-Type: {file.MediaType}\r\n\r\n";
            _parts.Add(Encoding.UTF8.GetBytes(head));
            _parts.Add(file.Data);
            _parts.Add("\r\n"u8.ToArray());
        }

        _parts.Add(Encoding.UTF8.GetBytes($"--{_boundary}--\r\n"));
    }

    public string ContentType => $"multipart/form-data; boundary={_boundary}";

    public bool CanWrite => true;

    public int Choices { get; } = 1;

    public long? LengthWith(string model) => ModelPart(model).Length + _parts.Sum(part => (long)part.Length);

    public async Task WriteAsync(Stream output, string model, CancellationToken cancellationToken)
    {
        await output.WriteAsync(ModelPart(model), cancellationToken).ConfigureAwait(false);
        foreach (var part in _parts)
            await output.WriteAsync(part, cancellationToken).ConfigureAwait(false);
    }

    private byte[] ModelPart(string model) => Encoding.UTF8.GetBytes($"{Head("model")}\r\n\r\n{model}\r\n");

    private string Head(string name) => $"--{_boundary}\r\nContent-Disposition: form-data; name=\"{Escape(name)}\"";

    /// <summary>As browsers write it; the names of fields and files are the caller's.</summary>
    private static string Escape(string name) =>
        name.Replace("\r", "%0D", StringComparison.Ordinal).Replace("\n", "%0A", StringComparison.Ordinal)
            .Replace("\"", "%22", StringComparison.Ordinal);
}

/// <summary>A file of a form.</summary>
/// <param name="Field">The field's name.</param>
/// <param name="Name">The file's name; some servers take its type from the extension.</param>
/// <param name="MediaType">The media type.</param>
/// <param name="Data">The bytes.</param>
internal readonly record struct FormFile(string Field, string Name, string MediaType, ReadOnlyMemory<byte> Data);
